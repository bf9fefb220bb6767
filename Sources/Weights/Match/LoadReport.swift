public import Zoo

/// Which of a model's tensors a file has, and what it has beside them.
///
/// `num_batches_tracked`, which PyTorch counts and nobody reads, is passed over.
public struct LoadReport: Sendable, Hashable {
    /// A tensor of another shape than the model's.
    public struct Mismatch: Sendable, Hashable {
        /// The tensor's name.
        public let name: String
        /// The model's shape.
        public let expected: [Int]
        /// The file's shape.
        public let found: [Int]
    }

    /// Names that fit, in the model's order.
    public let loaded: [String]
    /// Names that the model needs and the file lacks, in the model's order.
    public let missing: [String]
    /// Names that the file has and the model does not need, in the file's order.
    public let unexpected: [String]
    /// Names that both have, in two shapes, in the model's order.
    public let mismatched: [Mismatch]
    /// What may explain the differences, nil where nothing is known.
    public let hint: String?

    /// Compares tensors in memory with what a model needs.
    public init(_ weights: StateDict, for parameters: [Parameter]) {
        self.init(weights.names.map { ($0, weights[$0]?.shape ?? []) }, for: parameters)
    }

    /// Compares a file's tensors, none of them read yet, with what a model needs.
    /// - Parameter rename: as in `WeightFile.load(rename:)`.
    public init(_ entries: [TensorEntry], for parameters: [Parameter], rename: (String) -> String? = { $0 }) {
        self.init(
            entries.compactMap { entry in rename(entry.name).map { ($0, entry.shape) } }, for: parameters)
    }

    init(_ tensors: [(name: String, shape: [Int])], for parameters: [Parameter]) {
        let found = Dictionary(tensors.map { ($0.name, $0.shape) }) { first, _ in first }
        let known = Set(parameters.map(\.name))
        var loaded: [String] = []
        var missing: [Parameter] = []
        var mismatched: [Mismatch] = []
        for parameter in parameters {
            switch found[parameter.name] {
            case nil: missing.append(parameter)
            case parameter.shape: loaded.append(parameter.name)
            case let shape?:
                mismatched.append(Mismatch(name: parameter.name, expected: parameter.shape, found: shape))
            }
        }
        let surplus = tensors.filter { !known.contains($0.name) && !$0.name.hasSuffix("num_batches_tracked") }
        self.loaded = loaded
        self.missing = missing.map(\.name)
        unexpected = surplus.map(\.name)
        self.mismatched = mismatched
        hint =
            Self.prefixHint(missing: missing.map(\.name), unexpected: unexpected)
            ?? Self.classHint(missing: missing, mismatched: mismatched)
            ?? Self.nameHint(missing: missing, surplus: surplus)
    }

    /// Whether every tensor of the model is there in its shape, and none beside.
    public var isExact: Bool { isComplete && unexpected.isEmpty }

    /// Whether every tensor of the model is there in its shape.
    public var isComplete: Bool { missing.isEmpty && mismatched.isEmpty }

    /// - Parameters:
    ///   - file: what the message calls the weights.
    ///   - allowingUnexpected: whether the file may hold more than the model needs.
    ///   - remedy: what else the user may do, beside the report's own hint.
    /// - Throws: `GraftError` `.weights` with the counts and the first names.
    public func check(
        file: String, allowingUnexpected: Bool = false, remedy: String? = nil
    ) throws(GraftError) {
        guard !(allowingUnexpected ? isComplete : isExact) else { return }
        let remedies = [hint, remedy].compactMap { $0 }
        throw GraftError(
            .weights, "the weights do not fit the model", file: file,
            expected: "\(loaded.count + missing.count + mismatched.count) tensors",
            found: differences(withUnexpected: !allowingUnexpected),
            remedy: remedies.isEmpty ? nil : remedies.joined(separator: "; "))
    }

    /// `2 missing (a, b), 1 of another shape (c: 3x4 instead of 2x4)`, at most three names each.
    private func differences(withUnexpected: Bool) -> String {
        var parts: [String] = []
        func add(_ names: [String], _ what: String) {
            guard !names.isEmpty else { return }
            let more = names.count > 3 ? ", ..." : ""
            parts.append("\(names.count) \(what) (\(names.prefix(3).joined(separator: ", "))\(more))")
        }
        add(missing, "missing")
        add(mismatched.map(Self.describe), "of another shape")
        if withUnexpected { add(unexpected, "unexpected") }
        return parts.joined(separator: ", ")
    }

    private static func describe(_ mismatch: Mismatch) -> String {
        "\(mismatch.name): \(Tensor.describe(mismatch.found)) instead of \(Tensor.describe(mismatch.expected))"
    }

    /// Wrappers put one word before every name: `module.features...`.
    private static func prefixHint(missing: [String], unexpected: [String]) -> String? {
        guard let name = missing.first, let other = unexpected.first(where: { $0.hasSuffix("." + name) }) else {
            return nil
        }
        let prefix = other.dropLast(name.utf8.count)
        let present = Set(unexpected)
        guard missing.allSatisfy({ present.contains(prefix + $0) }) else { return nil }
        return "every name begins with '\(prefix)': leave that out"
    }

    /// The last layer of a model with other classes.
    private static func classHint(missing: [Parameter], mismatched: [Mismatch]) -> String? {
        guard missing.isEmpty, let first = mismatched.first, mismatched.count <= 2,
            mismatched.allSatisfy({ $0.expected.dropFirst() == $0.found.dropFirst() }),
            let expected = first.expected.first, let found = first.found.first
        else { return nil }
        return
            "the file answers \(found) classes and the model \(expected): take the backbone only, or \(found) classes"
    }

    private static func nameHint(missing: [Parameter], surplus: [(name: String, shape: [Int])]) -> String? {
        for parameter in missing.prefix(3) {
            let alike = surplus.filter { $0.shape == parameter.shape }.map(\.name)
            if let name = nearestName(to: parameter.name, among: alike) {
                return "is '\(name)' meant to be '\(parameter.name)'?"
            }
        }
        return nil
    }
}

extension LoadReport: CustomStringConvertible {
    /// One line of counts, then one for every tensor that does not fit, then the hint.
    public var description: String { (lines + (hint.map { ["hint        \($0)"] } ?? [])).joined(separator: "\n") }

    /// The same without the hint, line by line.
    package var lines: [String] {
        var lines = [
            "\(loaded.count) loaded, \(missing.count) missing, \(mismatched.count) of another shape, "
                + "\(unexpected.count) unexpected"
        ]
        lines += missing.map { "missing     \($0)" }
        lines += mismatched.map { "shape       \(Self.describe($0))" }
        lines += unexpected.map { "unexpected  \($0)" }
        return lines
    }
}
