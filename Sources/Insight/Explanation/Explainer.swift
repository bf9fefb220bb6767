import Engine
package import Zoo

/// Finds where in a picture a model sees a class.
///
/// `cam` is exact where the head is linear on averaged features: the cells of the map add up to the logit, less its bias
/// (Zhou et al., arXiv:1512.04150). `gradcam` weighs channels by their mean gradient, for any head (Selvaraju et al.,
/// arXiv:1610.02391). `layercam` weighs each cell by its own gradient, for finer maps of earlier layers (Jiang et al., IEEE
/// TIP 2021).
package struct Explainer: Sendable {
    /// How a map is made.
    package enum Method: String, Sendable, Hashable, CaseIterable {
        case cam, gradcam, layercam
    }

    /// How maps are made.
    package let method: Method
    /// The stage whose cells the map has.
    package let stage: String

    private let prefix: InferencePlan
    private let suffix: Graph
    private let weights: StateDict
    private let threads: Int?
    private let head: InferencePlan
    private let classifier: LinearClassifier?

    /// - Parameters:
    ///   - graph: from picture to logits, for the size of the pictures that are explained.
    ///   - method: nil for `cam` where it is exact, `gradcam` elsewhere.
    ///   - stage: nil for the last feature map; for `layercam` for the last one of twice its size.
    /// - Throws: `GraftError.invalidModel` where the model has no feature map, or `cam` would not be exact;
    ///   `unknownName` for a stage that is not there.
    package init(
        _ graph: Graph, weights: StateDict, method: Method? = nil, stage: String? = nil, threads: Int? = nil
    ) throws(GraftError) {
        let calm = graph.withoutChance
        let shapes = try calm.shapes(input: calm.inputShape)
        let last = try Self.lastMap(of: calm, shapes)
        let isLast = stage == nil || stage == last
        let classifier = isLast ? LinearClassifier(try calm.cut(after: last).suffix, weights) : nil
        let chosen = method ?? (classifier != nil ? .cam : .gradcam)
        if chosen == .cam, classifier == nil {
            throw GraftError(
                .invalidModel, "a class activation map is exact only for a linear head on averaged features",
                parameter: "method", found: isLast ? "other layers behind '\(last)'" : "stage '\(stage ?? "")'",
                remedy: "use --method gradcam")
        }
        self.method = chosen
        self.stage = stage ?? (chosen == .layercam ? Self.finerMap(of: calm, shapes) ?? last : last)
        let (prefix, suffix) = try calm.cut(after: self.stage)
        guard suffix.inputShape.count == 3 else {
            throw GraftError(
                .invalidModel, "the stage has no map to show", parameter: self.stage,
                found: Tensor.describe(suffix.inputShape), remedy: "choose another, such as '\(last)'")
        }
        self.prefix = try InferencePlan(prefix, weights: weights, threads: threads)
        head = try InferencePlan(suffix, weights: weights, threads: threads)
        self.suffix = suffix
        self.weights = weights
        self.threads = threads
        self.classifier = chosen == .cam ? classifier : nil
    }

    /// A picture's answer, and what led to it.
    package struct Explanation: Sendable, Hashable {
        /// `[outputs]`
        package let logits: [Float]
        /// One map for each class that was asked for.
        package let maps: [HeatMap]
    }

    /// The maps of one picture.
    /// - Parameters:
    ///   - input: `[1, H, W, 3]`, normalised.
    ///   - classes: which to look for, given the logits. With a single output, class 1 is what it says and class 0 the
    ///     opposite.
    /// - Throws: `GraftError.invalidValue` for a class that is not there; `shapeMismatch`.
    package func explain(
        _ input: Tensor, classes choose: ([Float]) -> [Int] = { [$0.firstIndex(of: $0.max() ?? 0) ?? 0] }
    ) throws(GraftError) -> Explanation {
        let features = try prefix.run(input)
        let logits = try head.run(features).elements
        let known = max(2, logits.count)
        var maps: [HeatMap] = []
        for index in choose(logits) {
            guard (0..<known).contains(index) else {
                throw GraftError(
                    .invalidValue, "no such class", expected: "0 to \(known - 1)", found: "\(index)")
            }
            maps.append(try map(of: index, features, outputs: logits.count))
        }
        return Explanation(logits: logits, maps: maps)
    }

    /// What the model says of normalised pictures: `[N, H, W, 3]` to `[N, outputs]`.
    package func logits(of images: Tensor) throws(GraftError) -> Tensor { try head.run(try prefix.run(images)) }

    private func map(of index: Int, _ features: Tensor, outputs: Int) throws(GraftError) -> HeatMap {
        let (rows, columns, channels) = (features.shape[1], features.shape[2], features.shape[3])
        let output = outputs == 1 ? 0 : index
        let sign: Float = outputs == 1 && index == 0 ? -1 : 1
        let factors: [Double]
        if let classifier {
            let share = Double(sign) / Double(rows * columns)
            factors = classifier.row(output).map { Double($0) * share }
        } else {
            var plan = try TrainingPlan(
                suffix, weights: weights, wantsInputGradient: true, threads: threads, trains: { _ in false })
            _ = try plan.forward(features)
            var direction = Tensor(shape: [1, outputs])
            direction.withElements { $0[output] = sign }
            let gradient = try plan.backward(direction)?.elements ?? []
            if method == .layercam {
                return HeatMap(
                    checked: Self.cells(features.elements, gradient, channels), rows: rows, columns: columns,
                    index: index)
            }
            factors = (0..<channels).map { channel in
                var sum = 0.0
                for cell in 0..<rows * columns { sum += Double(gradient[cell * channels + channel]) }
                return sum / Double(rows * columns)
            }
        }
        let values = (0..<rows * columns).map { cell -> Float in
            var sum = 0.0
            for channel in 0..<channels {
                sum += factors[channel] * Double(features.elements[cell * channels + channel])
            }
            return method == .cam ? Float(sum) : Float(max(0, sum))
        }
        return HeatMap(checked: values, rows: rows, columns: columns, index: index)
    }

    /// Each cell's values by their own gradients, of which only positive ones count.
    private static func cells(_ features: [Float], _ gradient: [Float], _ channels: Int) -> [Float] {
        (0..<features.count / channels).map { cell in
            var sum = 0.0
            for index in cell * channels..<(cell + 1) * channels {
                sum += Double(max(0, gradient[index])) * Double(features[index])
            }
            return Float(max(0, sum))
        }
    }

    /// Whether there is a feature map to look at, without making a plan.
    /// - Parameter graph: from picture to outputs.
    package static func hasMap(_ graph: Graph) -> Bool {
        let calm = graph.withoutChance
        guard let shapes = try? calm.shapes(input: calm.inputShape) else { return false }
        return (try? lastMap(of: calm, shapes)) != nil
    }

    /// The last stage that has a map, and behind which the graph can be cut.
    private static func lastMap(of graph: Graph, _ shapes: [[Int]]) throws(GraftError) -> String {
        let maps = graph.stages.filter { stage in
            shapes[stage.node].count == 3 && shapes[stage.node][0] * shapes[stage.node][1] > 1
                && (try? graph.cut(after: stage.name)) != nil
        }
        guard let last = maps.last else {
            throw GraftError(.invalidModel, "the model has no feature map to look at")
        }
        return last.name
    }

    /// The last stage of at least twice the rows of the last one.
    private static func finerMap(of graph: Graph, _ shapes: [[Int]]) -> String? {
        let maps = graph.stages.filter {
            shapes[$0.node].count == 3 && shapes[$0.node][0] > 1 && (try? graph.cut(after: $0.name)) != nil
        }
        guard let last = maps.last else { return nil }
        return maps.last { shapes[$0.node][0] >= 2 * shapes[last.node][0] - 1 }?.name
    }
}

/// A head that a class activation map is exact for: an average over all positions and one linear layer.
private struct LinearClassifier: Sendable {
    private let weight: Tensor

    /// nil for any other head.
    init?(_ suffix: Graph, _ weights: StateDict) {
        var pooled = false, linear: Graph.Node?
        for (index, node) in suffix.nodes.enumerated().dropFirst() {
            guard node.inputs == [index - 1], linear == nil else { return nil }
            if case .globalPool(.average) = node.operation {
                pooled = true
            } else if case .linear = node.operation {
                linear = node
            } else if node.operation != .flatten, node.operation != .dropout(0) {
                return nil
            }
        }
        guard pooled, let name = linear?.parameters.first?.name, let weight = weights[name] else { return nil }
        self.weight = weight
    }

    func row(_ index: Int) -> ArraySlice<Float> {
        weight.elements[index * weight.shape[1]..<(index + 1) * weight.shape[1]]
    }
}
