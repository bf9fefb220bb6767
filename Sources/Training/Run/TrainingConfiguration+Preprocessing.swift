import Weights
package import Zoo

extension TrainingConfiguration {
    /// How pictures are prepared, found without loading any weights.
    /// - Throws: a `GraftError` for a backbone, entry, file or change that makes no sense.
    package func resolvedPreprocessing(registry: Registry) throws -> Preprocessing {
        let backbone = try registry.backbone(self.backbone)
        var base = backbone.pretrained.first?.preprocessing ?? backbone.preprocessing
        if let weights, let entry = backbone.pretrained.first(where: { $0.name == weights }) {
            base = entry.preprocessing
        } else if let weights, weights != "none", BaseWeights.isFile(weights) {
            base = try WeightFile(path: weights).metadata?.preprocessing ?? backbone.preprocessing
        } else if let weights {
            base = weights == "none" ? backbone.preprocessing : try backbone.pretrainedEntry(weights).preprocessing
        }
        return try preprocessing.applied(to: base)
    }
}
