/// What is to be learnt of one picture.
public enum Target: Sendable, Hashable {
    /// The index of its class.
    case oneOf(Int)
    /// The indices of the labels that fit, in ascending order.
    case labels([Int])
    /// Numbers.
    case values([Float])

    /// The class; nil where there is no single one.
    public var label: Int? { if case .oneOf(let label) = self { label } else { nil } }
}

extension Targets {
    /// What is known of several pictures, all of the task's kind.
    /// - Parameter columns: how many classes, labels or values there are.
    public init(_ rows: [Target], task: ModelTask, columns: Int) {
        func tensor(_ fill: (Target, _ start: Int, inout [Float]) -> Void) -> Tensor {
            var result = Tensor(shape: [rows.count, columns])
            result.withElements { elements in
                for (row, target) in rows.enumerated() { fill(target, row * columns, &elements) }
            }
            return result
        }
        switch task {
        case .classification: self = .classes(rows.compactMap(\.label))
        case .multilabel:
            self = .labels(
                tensor { target, start, elements in
                    guard case .labels(let labels) = target else { return }
                    for label in labels { elements[start + label] = 1 }
                })
        case .regression:
            self = .values(
                tensor { target, start, elements in
                    guard case .values(let values) = target else { return }
                    for (column, value) in values.enumerated() { elements[start + column] = value }
                })
        }
    }

    /// A number for each picture, the same for pictures that are alike: what a split keeps in proportion. The class; of
    /// labels the rarest that fits, or none; of values the fifth that the first one falls into.
    package var strata: [Int] {
        switch self {
        case .classes(let labels): return labels
        case .probabilities(let rows), .labels(let rows):
            let columns = max(1, rows.shape.last ?? 1)
            let counts = counts(columns)
            return (0..<count).map { row in
                (0..<columns).filter { rows.elements[row * columns + $0] >= 0.5 }
                    .min { (counts[$0], $0) < (counts[$1], $1) } ?? columns
            }
        case .values(let rows):
            let columns = max(1, rows.shape.last ?? 1)
            let order = (0..<count).sorted {
                (rows.elements[$0 * columns], $0) < (rows.elements[$1 * columns], $1)
            }
            var strata = [Int](repeating: 0, count: count)
            for (rank, row) in order.enumerated() { strata[row] = rank * 5 / count }
            return strata
        }
    }

    /// The images of each class, or with each label; of numbers every image counts for every one.
    package func counts(_ columns: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: columns)
        switch self {
        case .classes(let labels):
            for label in labels { counts[label] += 1 }
        case .probabilities(let rows), .labels(let rows):
            for (index, value) in rows.elements.enumerated() where value >= 0.5 { counts[index % columns] += 1 }
        case .values:
            counts = counts.map { _ in count }
        }
        return counts
    }
}
