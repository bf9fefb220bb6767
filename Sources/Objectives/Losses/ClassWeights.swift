package import Zoo

/// How much an image counts in the loss, by its class.
public enum ClassWeights: Sendable, Hashable {
    /// Every image the same.
    case none
    /// Every class the same: `images / (classes * images of the class)`, as scikit-learn's "balanced".
    case balanced
    /// By name; 1 for a class that is not named.
    case perClass([String: Double])

    /// Reads `none`, `balanced` or a map of class names to weights.
    package init(options: inout Options, key: String) throws(GraftError) {
        switch options.value(key) {
        case nil, .string("none"): self = .none
        case .string("balanced"): self = .balanced
        case .map(let map):
            var weights: [String: Double] = [:]
            var read = Options(map, path: options.path(of: key))
            for name in map.keys.sorted() { weights[name] = try read.number(name, in: 0...1e6) }
            self = .perClass(weights)
        case .some(let value):
            throw options.wrong(key, value, expected: "none, balanced or a map of class names to numbers")
        }
    }

    /// One weight a class, nil where all are 1.
    /// - Parameter counts: the training images of each class, or with each label.
    /// - Throws: `GraftError.invalidValue` for a name that is no class, or weights that leave nothing to learn.
    package func values(classes: [String], counts: [Int]) throws(GraftError) -> [Double]? {
        switch self {
        case .none:
            return nil
        case .balanced:
            let total = Double(counts.reduce(0, +))
            return counts.map { $0 > 0 ? total / (Double(counts.count) * Double($0)) : 0 }
        case .perClass(let weights):
            for name in weights.keys.sorted() where !classes.contains(name) {
                var error = GraftError(.invalidValue, GraftError.unknown("class", name, among: classes))
                error.context.parameter = "train.class_weights"
                throw error
            }
            let values = classes.map { Self.weight(of: $0, among: classes, in: weights) }
            guard zip(values, counts).contains(where: { $0 > 0 && $1 > 0 }) else {
                throw GraftError(
                    .invalidValue, "no class has a weight above 0", parameter: "train.class_weights",
                    remedy: "give at least one class a positive number")
            }
            return values
        }
    }

    /// What a person types may compose characters in another way than the folder's name does; it is meant all the same,
    /// unless that is another class' name.
    private static func weight(of name: String, among classes: [String], in weights: [String: Double]) -> Double {
        guard let found = weights.first(where: { $0.key == name }) else { return 1 }
        let isAnother = found.key.byteKey != name.byteKey && classes.contains { $0.byteKey == found.key.byteKey }
        return isAnother ? 1 : found.value
    }
}
