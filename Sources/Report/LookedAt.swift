import Engine
import Images
import Insight
package import Zoo

/// Small pictures with the map of where a model saw a class laid over them, for pages.
package struct LookedAt: Sendable {
    private let explainer: Explainer
    private let preprocessing: Preprocessing
    private let threads: Int

    /// Nil for a model without a map to show.
    /// - Parameter graph: from picture to outputs, for the preprocessing's crop.
    package init?(_ graph: Graph, weights: StateDict, preprocessing: Preprocessing, threads: Int) {
        // One thread a picture: there are several.
        guard let explainer = try? Explainer(graph, weights: weights, threads: 1) else { return nil }
        self.explainer = explainer
        self.preprocessing = preprocessing
        self.threads = threads
    }

    /// A JPEG file for each picture; nil for one that cannot be read any more.
    /// - Parameter pictures: each with the class to look for.
    func maps(of pictures: [(path: String, label: Int)], longSide: Int = 320) -> [[UInt8]?] {
        WorkerPool.map(count: pictures.count, threads: threads) { index in
            let (path, label) = pictures[index]
            guard let picture = try? Picture(path: path, color: preprocessing.color),
                let input = try? preprocessing.tensor(of: picture),
                let map = try? explainer.explain(input, classes: { _ in [label] }).maps.first
            else { return nil }
            let part = SeenPart(of: preprocessing, width: picture.width, height: picture.height)
            return try? map.overlay(on: picture, part: part, longSide: longSide).jpeg(quality: 80)
        }
    }
}
