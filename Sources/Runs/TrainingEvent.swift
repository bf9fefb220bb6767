public import Images
public import Inference
public import Learning
public import Zoo

/// What a run tells while it lasts. Calls come one at a time, though on different threads.
public enum TrainingEvent: Sendable {
    /// Weights are being downloaded.
    case download(WeightProgress)
    /// The backbone's weights are there.
    case weights(name: String, origin: String)
    /// Pictures were found; `test` is nil where a share of the others will be held out.
    case pictures(train: Int, test: Int?, task: ModelTask, classes: [String])
    /// Pictures are being read and run.
    case features(FeatureProgress)
    /// A picture was left out.
    case skipped(SkippedFile)
    /// Something a person should know.
    case note(String)
    /// What will be trained, before it is.
    case outline(TrainingOutline)
    /// A recipe has tried a way to go on after the head.
    case trial(FineTuningDecision.Trial)
    /// A recipe has decided what comes after the head.
    case decision(FineTuningDecision)
    /// A head is being made in one pass: how many parts of the work are done.
    case solving(done: Int, total: Int)
    /// A head was made in one pass, and an option of it chosen.
    case choice(OptionChoice)
    /// A phase begins; counted from 1.
    case phase(Int, of: Int)
    /// An epoch is over.
    case epoch(EpochRecord, of: Int)
    /// The test pictures that an epoch got most wrong, the worst first: at most twelve, none where all are right. Told after
    /// `epoch`, of classes only.
    case mistakes([TrainingMistake], epoch: Int)
    /// The run is over. Told by `TrainingRun.events` only, as the last.
    case finished(TrainingResult)
}
