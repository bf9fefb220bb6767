import Engine
package import Zoo

/// Finds where in a picture a model sees a class.
///
/// `cam` is exact where the head is linear on averaged features: the cells of the map add up to the logit, less its bias
/// (Zhou et al., arXiv:1512.04150). `gradcam` weighs channels by their mean gradient, for any head (Selvaraju et al.,
/// arXiv:1610.02391). `layercam` weighs each cell by its own gradient, for finer maps of earlier layers (Jiang et al., IEEE
/// TIP 2021). Of a transformer the cells are its tokens, and what is weighed is what goes into the last attention: the
/// gradient that comes back through it says how much each token is listened to.
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
    private let cells: MapCells

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
        let maps = calm.mapStages(shapes)
        guard let last = maps.last else {
            throw GraftError(.invalidModel, "the model has no feature map to look at")
        }
        let isLast = stage == nil || stage == last.stage.name
        let classifier =
            isLast
            ? LinearClassifier(try calm.cut(after: last.stage.name).suffix, weights, skipped: last.cells.skipped) : nil
        let chosen = method ?? (classifier != nil ? .cam : .gradcam)
        if chosen == .cam, classifier == nil {
            throw GraftError(
                .invalidModel, "a class activation map is exact only for a linear head on averaged features",
                parameter: "method",
                found: isLast ? "other layers behind '\(last.stage.name)'" : "stage '\(stage ?? "")'",
                remedy: "use --method gradcam")
        }
        let finer = maps.last { $0.cells.rows >= 2 * last.cells.rows - 1 }
        let name = stage ?? (chosen == .layercam ? finer ?? last : last).stage.name
        let (prefix, suffix) = try calm.cut(after: name)
        guard let found = maps.first(where: { $0.stage.name == name }) else {
            throw GraftError(
                .invalidModel, "the stage has no map to show", parameter: name,
                found: Tensor.describe(suffix.inputShape), remedy: "choose another, such as '\(last.stage.name)'")
        }
        self.method = chosen
        self.stage = name
        self.cells = found.cells
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

    /// Whether there is a map to look at, without making a plan.
    /// - Parameter graph: from picture to outputs.
    package static func hasMap(_ graph: Graph) -> Bool {
        let calm = graph.withoutChance
        guard let shapes = try? calm.shapes(input: calm.inputShape) else { return false }
        return !calm.mapStages(shapes).isEmpty
    }

    /// What the model says of normalised pictures: `[N, H, W, 3]` to `[N, outputs]`.
    package func logits(of images: Tensor) throws(GraftError) -> Tensor { try head.run(try prefix.run(images)) }

    private func map(of index: Int, _ features: Tensor, outputs: Int) throws(GraftError) -> HeatMap {
        let output = outputs == 1 ? 0 : index
        let sign: Float = outputs == 1 && index == 0 ? -1 : 1
        let channels = cells.channels
        let factors: [Double]
        if let classifier {
            let share = Double(sign) / Double(cells.count)
            factors = classifier.row(output).map { Double($0) * share }
        } else {
            var plan = try TrainingPlan(
                suffix, weights: weights, wantsInputGradient: true, threads: threads, trains: { _ in false })
            _ = try plan.forward(features)
            var direction = Tensor(shape: [1, outputs])
            direction.withElements { $0[output] = sign }
            let gradient = try plan.backward(direction)?.elements ?? []
            if method == .layercam { return heatMap(weighed(features.elements, by: gradient), index) }
            var sums = [Double](repeating: 0, count: channels)
            for cell in 0..<cells.count {
                let start = cells.start(of: cell)
                for channel in 0..<channels { sums[channel] += Double(gradient[start + channel]) }
            }
            factors = sums.map { $0 / Double(cells.count) }
        }
        let values = (0..<cells.count).map { cell -> Float in
            let start = cells.start(of: cell)
            var sum = 0.0
            for channel in 0..<channels { sum += factors[channel] * Double(features.elements[start + channel]) }
            return method == .cam ? Float(sum) : Float(max(0, sum))
        }
        return heatMap(values, index)
    }

    private func heatMap(_ values: [Float], _ index: Int) -> HeatMap {
        HeatMap(checked: values, rows: cells.rows, columns: cells.columns, index: index)
    }

    /// Each cell's values by their own gradients, of which only positive ones count.
    private func weighed(_ features: [Float], by gradient: [Float]) -> [Float] {
        (0..<cells.count).map { cell in
            let start = cells.start(of: cell)
            var sum = 0.0
            for index in start..<start + cells.channels {
                sum += Double(max(0, gradient[index])) * Double(features[index])
            }
            return Float(max(0, sum))
        }
    }
}

/// A head that a class activation map is exact for: an average over all positions and one linear layer.
private struct LinearClassifier: Sendable {
    private let weight: Tensor

    /// nil for any other head.
    /// - Parameter skipped: of a sequence, the tokens before the picture's own.
    init?(_ suffix: Graph, _ weights: StateDict, skipped: Int) {
        var pooled = false, linear: Graph.Node?
        for (index, node) in suffix.nodes.enumerated().dropFirst() {
            guard node.inputs == [index - 1], linear == nil else { return nil }
            if case .globalPool(.average) = node.operation {
                pooled = true
            } else if case .linear(let layer) = node.operation, !layer.hasUnitRows {
                linear = node
            } else if skipped > 0, !pooled, node.operation == .slice(Slice(.positions, from: skipped)) {
                continue
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
