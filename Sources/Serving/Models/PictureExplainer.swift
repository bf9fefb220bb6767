import Images
import Insight
import Synchronization
import Zoo

/// Pictures with a map of where a model found a class laid over them. Its plans are made when somebody asks for the first.
final class PictureExplainer: Sendable {
    private let graph: Graph
    private let weights: StateDict
    private let preprocessing: Preprocessing
    private let limits: ImageLimits
    private let explainer = Mutex<Explainer?>(nil)

    /// Nil for a network without a map to look at.
    /// - Parameter graph: from picture to outputs.
    init?(_ graph: Graph, weights: StateDict, preprocessing: Preprocessing, limits: ImageLimits) {
        guard Explainer.hasMap(graph) else { return nil }
        self.graph = graph
        self.weights = weights
        self.preprocessing = preprocessing
        self.limits = limits
    }

    /// A JPEG file.
    /// - Parameters:
    ///   - picture: a picture file's content.
    ///   - label: the class to look for; nil for the most probable one.
    ///   - longSide: of the answer, in pixels.
    func map(of picture: [UInt8], name: String, label: Int?, longSide: Int) throws(GraftError) -> [UInt8] {
        let explainer = try explainer.withLock { known throws(GraftError) in
            if let known { return known }
            // A thread a picture: there are several.
            let made = try Explainer(graph, weights: weights, threads: 1)
            known = made
            return made
        }
        let picture = try Picture(bytes: picture, name: name, limits: limits, color: preprocessing.color)
        let explanation = try explainer.explain(try preprocessing.tensor(of: picture)) { logits in
            if let label { return [label] }
            return [logits.count == 1 ? (logits[0] > 0 ? 1 : 0) : logits.indices.max { logits[$0] < logits[$1] } ?? 0]
        }
        guard let map = explanation.maps.first else { throw GraftError(.invalidModel, "there is no map") }
        let part = SeenPart(of: preprocessing, width: picture.width, height: picture.height)
        return try map.overlay(on: picture, part: part, longSide: longSide).jpeg(quality: 85)
    }
}
