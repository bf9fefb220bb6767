import Engine
package import Objectives
package import Zoo

/// What training leaves.
package struct TrainedLayers: Sendable {
    private let plan: TrainingPlan
    /// The names, in the order of the logits.
    package let classes: [String]
    /// One record an epoch.
    package let history: [EpochRecord]
    /// The epoch whose weights these are: the best one under early stopping, else the last.
    package let bestEpoch: Int

    init(plan: TrainingPlan, classes: [String], history: [EpochRecord], bestEpoch: Int) {
        self.plan = plan
        self.classes = classes
        self.history = history
        self.bestEpoch = bestEpoch
    }

    /// The tensors, in the order of the graph.
    package var weights: StateDict { plan.weights }

    /// - Parameter features: `[N, features]`
    /// - Returns: `[N, classes]`, or `[N, 1]` for two classes by one output.
    /// - Throws: `GraftError.invalidModel` where the features do not fit.
    package func logits(of features: Tensor) throws(GraftError) -> Tensor { try plan.logits(features) }

    /// Counts and figures over images of which targets are known.
    /// - Throws: `GraftError` where they do not fit the head.
    package func evaluate(_ data: LabeledFeatures) throws(GraftError) -> Assessment {
        try Assessment(outputs: try logits(of: data.features), targets: data.targets, names: classes)
    }
}
