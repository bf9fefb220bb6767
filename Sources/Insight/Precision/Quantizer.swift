import Engine
package import Exchange
package import Inference
import Weights
package import Zoo

/// What becomes of a model in 8 bits: the document of `graft quantize --json`.
package struct QuantizationReport: Sendable {
    /// A layer that could be computed in 8 bits.
    package struct Layer: Sendable, Hashable {
        /// Its path.
        package let name: String
        /// What it alone does to the answers: the root mean square of their change over that of their spread.
        package let error: Double
        /// Whether it is in 8 bits.
        package let isInt8: Bool
    }

    /// Pictures that ranges were found on, and those it was judged on.
    package let calibrated: Int
    /// See `calibrated`.
    package let judged: Int
    /// In the network's order.
    package let layers: [Layer]
    /// Judged pictures that get the same first answer.
    package let agreeing: Int
    /// The share of other pictures of their kind that is expected to get the same first answer.
    package let expectedAgreement: Double
    /// The agreement that was asked for.
    package let asked: Double
    /// Layers that were left in float32 because the judged pictures said so: with any, the agreement is no longer that of
    /// pictures which nothing was chosen by.
    package let chosenByJudged: Int
    /// Judged pictures whose class is known: how many of them are right, before and after.
    package let accuracy: (before: Int, after: Int, total: Int, onlyBefore: Int, onlyAfter: Int)?
    /// Values in 8 bits, and all.
    package let values: (int8: Int, all: Int)
    /// By batch size, the median milliseconds a picture in float32 and as it is now.
    package let speed: [(batch: Int, before: Double, after: Double)]

    /// The share of judged pictures that get the same first answer.
    package var agreement: Double { judged == 0 ? 0 : Double(agreeing) / Double(judged) }
    /// Whether what was asked for holds.
    package var holds: Bool { expectedAgreement >= asked }
}

/// Makes 8-bit models: ranges, weights, and which layers stay as they are.
package struct Quantizer {
    /// At least so many pictures to find ranges on, and to judge on.
    package static let fewest = 32
    /// At most so many.
    package static let mostCalibrated = 128
    package static let mostJudged = 256
    /// Pictures that each layer's own error is measured on.
    private static let probed = 8

    private let loaded: LoadedModel
    private let graph: Graph
    private let calibration: Tensor
    private let judged: Tensor
    private let labels: [Int?]
    private let agreement: Double

    /// - Parameters:
    ///   - calibration: `[N, H, W, C]`, prepared pictures.
    ///   - judged: others.
    ///   - labels: the judged pictures' classes, where they are known.
    package init(
        _ loaded: LoadedModel, calibration: Tensor, judged: Tensor, labels: [Int?], agreement: Double
    ) throws(GraftError) {
        self.loaded = loaded
        graph = try loaded.model.graph(imageSize: Extent(loaded.preprocessing.crop))
        self.calibration = calibration
        self.judged = judged
        self.labels = labels
        self.agreement = agreement
    }

    /// The model and what is to be said of it.
    /// - Parameter progress: called before each part of the work, with what it is, how much of it is done and is to be done.
    package func run(
        progress: (_ what: String, _ done: Int, _ total: Int) -> Void
    ) throws(GraftError) -> (model: PortableModel, report: QuantizationReport) {
        let weights = loaded.content.tensors
        let plain = try InferencePlan(graph, weights: weights, threads: loaded.threads)
        progress("calibrating", 0, 1)
        let observation = try Observation(of: graph, weights: weights, images: calibration, threads: loaded.threads)
        progress("finding ranges", 0, 1)
        let all = Quantization(ranges: ranges(observation.statistics))
        let bytes = try ByteWeights(graph, weights: weights, statistics: observation.statistics)
        let layers = try InferencePlan(graph, weights: weights, quantization: all).byteLayers
        guard !layers.isEmpty else {
            throw GraftError(
                .unsupported, "no layer of this network can be computed in 8 bits", file: loaded.name,
                remedy: "use it as it is")
        }
        let expected = (calibration: observation.output, judged: try plain.run(judged))
        let known = [expected.calibration, expected.judged]
        func plan(_ kept: Set<String>) throws(GraftError) -> InferencePlan {
            try InferencePlan(
                graph, weights: bytes.applied(to: layers.filter { !kept.contains($0.key) }), threads: loaded.threads,
                quantization: Quantization(ranges: all.ranges, floatLayers: kept))
        }
        // Each layer by itself.
        var errors: [Double] = []
        let probe = try part(calibration, Self.probed), wanted = try part(expected.calibration, Self.probed)
        for layer in layers {
            progress("measuring layers", errors.count, layers.count)
            let found = try plan(Set(layers.map(\.key)).subtracting([layer.key])).run(probe)
            errors.append(AnswerPairs(before: wanted, after: found).error)
        }
        // Those that harm most for what float32 costs them stay as they are until the rest agrees. How narrowly answers win, all
        // pictures say, for that is known without 8 bits; how far they are moved, the calibration's say first.
        let costs = try FloatCosts(graph)
        let worths = zip(layers, errors).map { $1 * $1 / costs[$0] }
        var order = layers.indices.sorted { (worths[$0], $1) > (worths[$1], $0) }[...]
        var kept: Set<String> = []
        var chosenByJudged = 0
        for (isJudged, images, outputs) in [
            (false, calibration, expected.calibration), (true, judged, expected.judged),
        ] {
            while true {
                progress("judging", layers.count - order.count, layers.count)
                let pairs = AnswerPairs(before: outputs, after: try plan(kept).run(images))
                if pairs.expectedAgreement(of: known) >= agreement { break }
                guard let worst = order.popFirst() else { break }
                kept.insert(layers[worst].key)
                if isJudged { chosenByJudged += 1 }
            }
        }
        let final = try plan(kept), pairs = AnswerPairs(before: expected.judged, after: try final.run(judged))
        progress("measuring speed", 0, 1)
        let running = layers.filter { !kept.contains($0.key) }
        let report = QuantizationReport(
            calibrated: calibration.shape[0], judged: judged.shape[0],
            layers: zip(layers, errors).map {
                .init(name: $0.name, error: $1, isInt8: !kept.contains($0.key))
            }, agreeing: pairs.agreeing, expectedAgreement: pairs.expectedAgreement(of: known), asked: agreement,
            chosenByJudged: chosenByJudged, accuracy: accuracy(pairs),
            values: (bytes.count(in: running, of: graph), graph.parameterCount),
            speed: try [1, 8].map { batch throws(GraftError) in try speed(plain, final, batch: batch) })
        var metadata = loaded.metadata
        metadata.quantization = Quantization(
            ranges: all.ranges, floatLayers: kept,
            evidence: .init(calibrated: report.calibrated, judged: report.judged, agreeing: report.agreeing))
        metadata.probe = nil
        metadata.precision = nil
        let model = try loaded.content.replacing(tensors: bytes.applied(to: running), metadata: metadata).probed()
        return (model, report)
    }

    /// By key, for every value that was seen.
    private func ranges(_ statistics: [ValueStatistics?]) -> [String: ByteRange] {
        var readers = [[Int]](repeating: [], count: graph.nodes.count)
        for (index, node) in graph.nodes.enumerated() { for input in node.inputs { readers[input].append(index) } }
        // The function that a value goes through, where it alone reads it.
        let functions = graph.nodes.indices.map { index -> Activation? in
            guard readers[index].count == 1, case .activation(let function) = graph.nodes[readers[index][0]].operation
            else { return nil }
            return function
        }
        let known = zip(graph.valueKeys, statistics).enumerated().compactMap { index, value in
            value.1.map { (index: index, key: value.0, histogram: $0.histogram) }
        }
        let found = WorkerPool.map(count: known.count, threads: loaded.threads) { place -> ByteRange in
            let (index, _, histogram) = known[place]
            return ByteRange(of: histogram, through: functions[index])
        }
        return Dictionary(uniqueKeysWithValues: zip(known.map(\.key), found))
    }

    private func part(_ tensor: Tensor, _ count: Int) throws(GraftError) -> Tensor {
        let count = min(count, tensor.shape[0]), size = tensor.shape.dropFirst().reduce(1, *)
        return try Tensor(
            shape: [count] + tensor.shape.dropFirst(), elements: Array(tensor.elements.prefix(count * size)))
    }

    private func accuracy(
        _ pairs: AnswerPairs
    ) -> (before: Int, after: Int, total: Int, onlyBefore: Int, onlyAfter: Int)? {
        let known = labels.indices.filter { labels[$0] != nil }
        guard !known.isEmpty else { return nil }
        let right = known.map { picture in
            labels[picture].map { pairs.isRight(picture, class: $0) } ?? (before: false, after: false)
        }
        return (
            right.count { $0.before }, right.count { $0.after }, known.count, right.count { $0.before && !$0.after },
            right.count { !$0.before && $0.after }
        )
    }

    /// In turns, so that what else the machine does meets both.
    private func speed(
        _ before: InferencePlan, _ after: InferencePlan, batch: Int
    ) throws(GraftError) -> (batch: Int, before: Double, after: Double) {
        let input = try part(judged, batch), clock = ContinuousClock()
        var times: ([Double], [Double]) = ([], [])
        for round in 0..<24 {
            let start = clock.now
            _ = try before.run(input)
            let middle = clock.now
            _ = try after.run(input)
            guard round >= 4 else { continue }
            let count = Double(input.shape[0])
            times.0.append((middle - start) / .milliseconds(1) / count)
            times.1.append((clock.now - middle) / .milliseconds(1) / count)
        }
        return (input.shape[0], times.0.sorted()[times.0.count / 2], times.1.sorted()[times.1.count / 2])
    }
}
