import Insight
import Learning
import Objectives
import Zoo

/// A model that has gone through all phases.
struct FinishedModel: Sendable {
    /// What the kept model says of some pictures.
    struct Answers: Sendable {
        /// `[N, classes]`, or `[N, 1]`.
        let logits: Tensor
        let assessment: Assessment
    }

    /// Every tensor.
    let weights: StateDict
    let classes: [String]
    let history: [EpochRecord]
    let keptEpoch: Int
    let train: Answers
    let test: Answers?
    /// See `ModelMetadata.featureMean`.
    let featureMean: [Float]
    /// The phases that were trained.
    let plan: ModelPlan
    /// Nil for a head that was made in one pass.
    let outline: TrainingOutline?
    /// How the option of such a head was chosen.
    let choice: OptionChoice?
    /// What a recipe decided; nil without one.
    let decision: FineTuningDecision?
    /// The test pictures, answered by the head before the backbone was trained and by the kept model.
    let paired: PairedCount?
    /// Nil where the head did not read features that were computed once.
    let confidence: Confidence?
    /// What is to be said of the pictures; nil where the head did not read features that were computed once.
    let findings: DataFindings?
    /// For labels: the probability from which on each counts as told; nil for one half.
    let thresholds: [Double]?
    /// What the time went into, for the report.
    let timing: String
}
