import Engine
import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A row for a class that a softmax head was not trained on, from pictures of it (after weight imprinting,
/// arXiv:1712.07136, which is for cosine heads).
///
/// With m the mean of the features that the head was trained on and n the mean of the new class', the row points along
/// `n - m`. Its size and bias are such that on the way from m to where pictures of the class are the new logit
/// - passes the highest of the learnt ones half way, so that pictures of the learnt classes stay theirs;
/// - arrives with a probability of 0.9 beside them, the size of logits that the head is used to.
///
/// The mean of few pictures is off in its own direction, and new pictures are less far along it: how far is measured by
/// leaving each picture out of the mean. A model that does not know m (it was trained elsewhere) takes 0 for it, and 0.85 of the way: features of different
/// classes have much in common.
///
/// Where the layer's rows are of one length (`Linear.hasUnitRows`) there is only a direction to choose: that of n less what of it points
/// along m (with all of n, which trained rows are far from, the new class would be the answer to everything), turned away from m until the
/// highest of the learnt logits is passed half way, here too.
struct ClassImprint {
    /// The new class' probability at the mean of its own pictures.
    private static let probability = 0.9

    private let prefix: TrainingPlan
    /// What the head reads.
    private let inputShape: [Int]
    private let weight: Tensor
    private let bias: Tensor?
    private let weightName: String
    private let biasName: String?
    private let hasUnitRows: Bool

    /// - Parameters:
    ///   - head: the graph after `Model.pooledStage`.
    ///   - classTensors: the tensors with a row a class.
    /// - Returns: nil where these are not those of one linear layer at the end.
    init?(head: Graph, weights: StateDict, classTensors: [String]) throws(GraftError) {
        guard let last = head.nodes.last, case .linear(let linear) = last.operation,
            last.parameters.map(\.name).filter(classTensors.contains) == classTensors,
            last.parameters.count == classTensors.count || linear.hasUnitRows, let weight = weights[classTensors[0]]
        else { return nil }
        hasUnitRows = linear.hasUnitRows
        inputShape = head.inputShape
        prefix = try TrainingPlan(
            Graph(inputShape: head.inputShape, nodes: Array(head.nodes[...last.inputs[0]]), stages: []),
            weights: weights)
        self.weight = weight
        weightName = classTensors[0]
        biasName = classTensors.count > 1 ? classTensors[1] : nil
        bias = biasName.flatMap { weights[$0] }
    }

    /// - Parameters:
    ///   - features: `[N, features]` of the new class.
    ///   - featureMean: `[features]` of the training, nil where it is not known.
    ///   - kept: the rows to compare with.
    func rows(for features: Tensor, featureMean: [Float]?, kept: [Int]) throws(GraftError) -> StateDict {
        let featureMean = featureMean.flatMap { $0.count == features.shape[1] ? $0 : nil }
        let examples = try prefix.evaluate(features)
        let new = mean(examples)
        var origin = [Double](repeating: 0, count: new.count)
        if let featureMean {
            origin = mean(try prefix.evaluate(try Tensor(shape: [1, featureMean.count], elements: featureMean)))
        }
        if hasUnitRows { return try unitRow(along: new, from: featureMean == nil ? nil : origin, kept) }
        let crossing = featureMean == nil ? 0.85 : 0.5
        let direction = zip(new, origin).map { $0 - $1 }
        let length = direction.reduce(0) { $0 + $1 * $1 }
        let reach = reach(of: examples, mean: new, from: origin)
        func learnt(at step: Double) -> (highest: Double, logSum: Double) {
            let point = zip(origin, direction).map { $0 + step * $1 }
            let logits = kept.map { row in
                zip(weight.row(row), point).reduce(bias.map { Double($0.elements[row]) } ?? 0) {
                    $0 + Double($1.0) * $1.1
                }
            }
            return (logits.max() ?? 0, softmax(logits).logSum)
        }
        let end = learnt(at: 1)
        let goal = end.logSum + log(Self.probability / (1 - Self.probability))
        let margin = max(goal - end.highest, 1)
        var rise = max((goal - learnt(at: crossing).highest) / (1 - crossing), margin)
        var start = goal - rise
        if bias == nil {
            // Without a bias the logit is 0 at 0: only the end can be chosen.
            start = 0
            rise = max(goal, margin)
            origin = origin.map { _ in 0 }
        }
        let base = bias == nil ? new : direction
        let square = bias == nil ? new.reduce(0) { $0 + $1 * $1 } : length
        let row = base.map { square > 0 ? rise * $0 / (square * reach) : 0 }
        var result = StateDict()
        result[weightName] = try Tensor(shape: [1, row.count], elements: row.map { Float($0) })
        if let biasName {
            let shift = zip(row, origin).reduce(0) { $0 + $1.0 * $1.1 }
            result[biasName] = try Tensor(shape: [1], elements: [Float(start - shift)])
        }
        return result
    }

    /// The row of a class without pictures; nil for the mean of the others, whose logit is the mean of theirs unless rows are of one
    /// length: then away from what the head was trained on, where it is never the answer.
    func untrainedRow(featureMean: [Float]?) throws(GraftError) -> StateDict? {
        guard hasUnitRows, let featureMean, [featureMean.count] == inputShape else { return nil }
        let origin = mean(try prefix.evaluate(try Tensor(shape: [1, featureMean.count], elements: featureMean)))
        var result = StateDict()
        result[weightName] = try Tensor(shape: [1, origin.count], elements: origin.map { Float(-$0) })
        return result
    }

    /// A row of length 1 for a class whose features have the mean `new`.
    private func unitRow(
        along new: [Double], from origin: [Double]?, _ kept: [Int]
    ) throws(GraftError) -> StateDict {
        guard let origin else {
            throw GraftError(
                .invalidModel, "this head cannot take a class from pictures",
                expected: "the mean of the features that it was trained on", found: "none in the model",
                remedy: "add the class without pictures and train again")
        }
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        func unit(_ row: [Double]) -> [Double] {
            let length = dot(row, row).squareRoot()
            return row.map { length > 0 ? $0 / length : 0 }
        }
        let common = unit(origin), share = dot(new, common)
        let own = unit(zip(new, common).map { $0 - share * $1 })
        let crossing = zip(origin, new).map { ($0 + $1) / 2 }
        let highest = kept.map { dot(unit(weight.row($0).map { Double($0) }), crossing) }.max() ?? 0
        func turned(_ angle: Double) -> [Double] { zip(own, common).map { cos(angle) * $0 - sin(angle) * $1 } }
        // The cosine falls with the angle.
        var (near, far) = (0.0, Double.pi / 2)
        for _ in 0..<50 where dot(own, crossing) > highest {
            let middle = (near + far) / 2
            if dot(turned(middle), crossing) > highest { near = middle } else { far = middle }
        }
        let row = turned(near)
        var result = StateDict()
        result[weightName] = try Tensor(shape: [1, row.count], elements: row.map { Float($0) })
        return result
    }

    /// How far along the way to their mean further pictures of the class are: 1 for very many, 0.5 assumed for one.
    private func reach(of examples: Tensor, mean: [Double], from origin: [Double]) -> Double {
        let count = examples.shape[0]
        guard count > 1 else { return 0.5 }
        var sum = 0.0
        for index in 0..<count {
            var (along, square) = (0.0, 0.0)
            for (column, value) in examples.row(index).enumerated() {
                let others = (mean[column] * Double(count) - Double(value)) / Double(count - 1) - origin[column]
                along += others * (Double(value) - origin[column])
                square += others * others
            }
            sum += square > 0 ? along / square : 1
        }
        return min(1, max(0.2, sum / Double(count)))
    }

    /// Of the rows.
    private func mean(_ tensor: Tensor) -> [Double] {
        let width = tensor.shape.dropFirst().reduce(1, *)
        var sums = [Double](repeating: 0, count: width)
        for (index, value) in tensor.elements.enumerated() { sums[index % width] += Double(value) }
        return sums.map { $0 / Double(max(1, tensor.shape[0])) }
    }
}
