/// What is to be learnt of some pictures, one row a picture.
public enum Targets: Sendable, Hashable {
    /// One of several classes: N indices.
    case classes([Int])
    /// A share of every class, `[N, classes]`: mixed pictures, or opinions of several people.
    case probabilities(Tensor)
    /// Any number of labels, `[N, labels]`: 1 where the label fits, 0 where it does not.
    case labels(Tensor)
    /// Numbers, `[N, values]`.
    case values(Tensor)

    /// The number of pictures.
    public var count: Int {
        switch self {
        case .classes(let indices): indices.count
        case .probabilities(let tensor), .labels(let tensor), .values(let tensor): tensor.shape.first ?? 0
        }
    }

    /// The word for messages.
    public var kind: String {
        switch self {
        case .classes: "classes"
        case .probabilities: "probabilities"
        case .labels: "labels"
        case .values: "values"
        }
    }

    /// The class of every picture; nil where pictures have no single one.
    public var classIndices: [Int]? {
        if case .classes(let indices) = self { indices } else { nil }
    }

    /// One row a picture, `[N, columns]`; nil for class indices.
    public var rows: Tensor? {
        switch self {
        case .classes: nil
        case .probabilities(let tensor), .labels(let tensor), .values(let tensor): tensor
        }
    }

    /// The targets of some pictures, in that order.
    public func rows(of indices: some Collection<Int>) -> Targets {
        switch self {
        case .classes(let all): .classes(indices.map { all[$0] })
        case .probabilities(let tensor): .probabilities(Self.rows(of: indices, in: tensor))
        case .labels(let tensor): .labels(Self.rows(of: indices, in: tensor))
        case .values(let tensor): .values(Self.rows(of: indices, in: tensor))
        }
    }

    /// The targets of pictures that stand next to each other.
    public func part(_ range: Range<Int>) -> Targets { rows(of: range) }

    /// - Parameter name: `train` or `test`, for the message.
    /// - Throws: `GraftError` `.invalidData` for targets that do not fit that many outputs.
    package func check(_ name: String, outputs: Int) throws(GraftError) {
        switch self {
        case .classes(let indices):
            if let index = indices.firstIndex(where: { !(0..<outputs).contains($0) }) {
                throw GraftError(
                    .invalidData, "a label is not the index of a class", member: "\(name) image \(index)",
                    expected: "0 to \(outputs - 1)", found: "\(indices[index])")
            }
        case .probabilities(let tensor), .labels(let tensor), .values(let tensor):
            guard tensor.shape == [count, outputs] else {
                throw GraftError(
                    .invalidData, "the \(name) targets do not fit the head",
                    expected: Tensor.describe([count, outputs]), found: Tensor.describe(tensor.shape))
            }
            let isShare = if case .values = self { false } else { true }
            if let index = tensor.elements.firstIndex(where: { !$0.isFinite || isShare && !(0...1).contains($0) }) {
                throw GraftError(
                    .invalidData, "a target is out of range", member: "\(name) image \(index / max(1, outputs))",
                    expected: isShare ? "a number from 0 to 1" : "a finite number",
                    found: "\(tensor.elements[index])")
            }
        }
    }

    private static func rows(of indices: some Collection<Int>, in tensor: Tensor) -> Tensor {
        let shape = Array(tensor.shape.dropFirst())
        let size = shape.reduce(1, *)
        var result = Tensor(shape: [indices.count] + shape)
        result.withElements { result in
            for (row, index) in indices.enumerated() {
                result.replaceSubrange(
                    row * size..<(row + 1) * size, with: tensor.elements[index * size..<(index + 1) * size])
            }
        }
        return result
    }
}
