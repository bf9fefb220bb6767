import Exchange
package import Inference
import Learning
import Numbers
import Weights
package import Zoo

extension LoadedModel {
    /// Whether it was trained on somebody's own classes, not only published.
    package var isTrained: Bool { metadata.base != nil || metadata.configuration != nil || metadata.edits != nil }

    /// The classes of a trained model; none of a published one, whose classes are not the user's.
    package var ownClasses: [String] { isTrained ? classes : [] }

    /// A probability a class.
    /// - Parameter logits: of one picture, as the weights give them.
    package func probabilities(_ logits: [Float]) -> [Double] {
        LogProbabilities.probabilities(Self.scores(logits), temperature: metadata.temperature ?? 1)
    }

    /// Of one logit, 0 for the first class and the logit for the second.
    static func scores(_ logits: [Float]) -> [Double] {
        logits.count == 1 ? [0, Double(logits[0])] : logits.map(Double.init)
    }
}

extension FeatureTable {
    /// What the model says of the pictures that could be read, as its weights give it: `[N, classes]`.
    package func scores(by loaded: LoadedModel) throws(GraftError) -> [Double] {
        let logits = try logits(by: loaded)
        let outputs = logits.shape[1]
        return (0..<logits.shape[0]).flatMap { row in
            LoadedModel.scores(Array(logits.elements[row * outputs..<(row + 1) * outputs]))
        }
    }

    /// Calibrated probabilities of the pictures that could be read: `[N][classes]`.
    package func probabilities(by loaded: LoadedModel) throws(GraftError) -> [[Double]] {
        let scores = try scores(by: loaded)
        let classes = scores.count / max(1, read.count)
        return read.indices.map {
            LogProbabilities.probabilities(
                scores[$0 * classes..<($0 + 1) * classes], temperature: loaded.metadata.temperature ?? 1)
        }
    }
}
