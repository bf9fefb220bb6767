public import Zoo

/// The nearest class mean (arXiv:1703.05175), as one linear layer: made in one pass over the features, from as little as
/// one picture a class, and the same for the same pictures.
///
/// With class means m, features x and the temperature T the logits are
/// - `cosine`: `cos(x, m) / T`, rows `m / (|m| T)` after a normalisation of x;
/// - `euclidean`: `-|x - m|^2 / T` without its part `|x|^2`, which all classes share: rows `2 m / T`, biases `-|m|^2 / T`.
///
/// Options: `distance` (`cosine`); `temperature`, how unsure the probabilities are (chosen on the training features, each
/// left out of its class' mean).
public struct PrototypeHead: Head {
    /// The word in configurations.
    public static let kind = "prototype"

    /// How near a class mean is.
    enum Distance: String, CaseIterable { case cosine, euclidean }

    private let distance: Distance
    private let temperature: Double?

    /// Reads the options above.
    public init(options: inout Options, for backbone: any Backbone) throws(GraftError) {
        distance =
            try options.choice("distance", of: Distance.allCases.map(\.rawValue)).flatMap(Distance.init) ?? .cosine
        temperature = try options.number("temperature", in: 1e-6...1e6)
    }

    /// The options, defaults filled in.
    public var options: [String: OptionValue] {
        var options: [String: OptionValue] = ["distance": .string(distance.rawValue)]
        if let temperature { options["temperature"] = .number(temperature) }
        return options
    }

    /// `[N, features]` to `[N, outputs]`.
    public func layers(in context: HeadContext) -> [any Layer] {
        switch distance {
        case .cosine:
            Normalize().named("normalize")
            Dense(context.outputs, bias: false).named(context.classifierPath)
        case .euclidean:
            Dense(context.outputs).named(context.classifierPath)
        }
    }

    /// Pictures of one class each.
    public var tasks: Set<ModelTask> { [.classification] }

    /// true: class means are all there is to it.
    public var isMadeInOnePass: Bool { true }

    /// The rows above, of the means of `features`.
    public func fit(features: Tensor, targets: Targets, in context: HeadContext) throws(GraftError) -> HeadFit? {
        guard let labels = targets.classIndices else {
            throw GraftError(
                .invalidValue, "class means need pictures of one class each", parameter: "head.kind",
                found: targets.kind, remedy: "choose another head, as in 'linear'")
        }
        let means = try ClassMeans(features: features, labels: labels, classes: context.outputs)
        let temperature =
            temperature ?? Temperature.chosen(for: means, features: features, labels: labels, distance: distance)
        return HeadFit(
            try weights(of: (0..<context.outputs).map { means[$0] }, temperature: temperature, in: context))
    }

    /// The mean of `features` as a row of the same temperature.
    public func rows(
        ofClassWith features: Tensor, beside weights: StateDict, in context: HeadContext
    ) throws(GraftError) -> StateDict? {
        let means = try ClassMeans(
            features: features, labels: [Int](repeating: 0, count: features.shape.first ?? 0), classes: 1)
        return try self.weights(
            of: [means[0]], temperature: temperature ?? found(in: weights, context) ?? 1, in: context)
    }

    private func weights(
        of means: [[Double]], temperature: Double, in context: HeadContext
    ) throws(GraftError) -> StateDict {
        let width = means.first?.count ?? 0
        var result = StateDict()
        switch distance {
        case .cosine:
            result["\(context.classifierPath).weight"] = try Tensor(
                shape: [means.count, width],
                elements: means.flatMap { mean in
                    let length = max(squares(mean).squareRoot(), 1e-12) * temperature
                    return mean.map { Float($0 / length) }
                })
        case .euclidean:
            result["\(context.classifierPath).weight"] = try Tensor(
                shape: [means.count, width], elements: means.flatMap { $0.map { Float(2 * $0 / temperature) } })
            result["\(context.classifierPath).bias"] = try Tensor(
                shape: [means.count], elements: means.map { Float(-squares($0) / temperature) })
        }
        return result
    }

    /// The temperature that rows were made with: of the first row that is not zero.
    private func found(in weights: StateDict, _ context: HeadContext) -> Double? {
        guard let weight = weights["\(context.classifierPath).weight"], weight.shape.count == 2, weight.shape[1] > 0
        else { return nil }
        let bias = weights["\(context.classifierPath).bias"]?.elements
        for row in 0..<weight.shape[0] {
            let width = weight.shape[1]
            let length = squares(weight.elements[row * width..<(row + 1) * width].map(Double.init))
            guard length > 0 else { continue }
            switch distance {
            case .cosine: return 1 / length.squareRoot()
            case .euclidean: if let bias, bias[row] < 0 { return -4 * Double(bias[row]) / length }
            }
        }
        return nil
    }
}

/// The sum of squares.
func squares(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }
