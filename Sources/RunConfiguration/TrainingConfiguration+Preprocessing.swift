import Inference
package import Zoo

extension TrainingConfiguration {
    /// How pictures are prepared, found without loading any weights.
    /// - Throws: `GraftError` for a backbone, entry, file or change that makes no sense.
    package func resolvedPreprocessing(registry: Registry) throws(GraftError) -> Preprocessing {
        let backbone = try registry.backbone(self.backbone)
        return try preprocessing.applied(
            to: try BaseChoice(weights, set: weightSet, for: backbone).preprocessing(for: backbone))
    }
}
