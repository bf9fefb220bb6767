public import Images
public import Learning
public import Objectives
public import Zoo

/// What a run did and left: the document of `graft train --json`.
public struct TrainingResult: Sendable {
    /// The model file.
    public let model: String
    /// The directory that holds it, the report and the rest.
    public let output: String
    /// What the outputs mean.
    public let task: ModelTask
    /// The names in the order of the outputs.
    public let classes: [String]
    /// Pictures that were learnt from.
    public let trainImages: Int
    /// Pictures that were only counted.
    public let testImages: Int
    /// Of the test pictures, those that are byte for byte among the pictures that were learnt from.
    public let seenTestImages: Int
    /// Pictures that could not be read.
    public let skipped: [SkippedFile]
    /// What a person should know.
    public let notes: [String]
    /// From start to model.
    public let seconds: Double
    /// What was trained, phase by phase; nil for a head that was made in one pass.
    public let outline: TrainingOutline?
    /// How an option of such a head was chosen; nil where nothing was.
    public let choice: OptionChoice?
    /// What a recipe decided; nil without one.
    public let fineTuning: FineTuningDecision?
    /// The test pictures, answered by the head before the backbone was trained and by the kept model; nil where one of the
    /// two is not there.
    public let fineTuningGain: PairedCount?
    /// One record an epoch.
    public let epochs: [EpochRecord]
    /// The epoch whose weights the model has.
    public let keptEpoch: Int
    /// The kept model on the test pictures; nil where there are none.
    public let test: Assessment?
    /// The kept model on the training pictures.
    public let train: Assessment

    /// The file of the report.
    public var report: String { PathText.join(output, "report.html") }
}
