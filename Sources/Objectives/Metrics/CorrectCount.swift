package import Zoo

extension Targets {
    /// How many pictures are answered right: the highest output is the class' (or that of the most probable class), the
    /// first one of equals; or every label is told, with a threshold of one half. Nil for numbers, of which none is right.
    /// - Parameter outputs: `[N, C]`, or `[N, 1]` for two classes.
    package func correct(_ outputs: Tensor) -> Int? {
        let columns = outputs.shape.last ?? 0
        func answer(_ n: Int) -> Int {
            columns == 1
                ? (outputs.elements[n] > 0 ? 1 : 0)
                : Self.highest(outputs.elements[n * columns..<(n + 1) * columns])
        }
        switch self {
        case .classes(let labels):
            return labels.indices.reduce(0) { $0 + (answer($1) == labels[$1] ? 1 : 0) }
        case .probabilities(let shares):
            let classes = shares.shape.last ?? 0
            return (0..<count).reduce(0) { sum, n in
                sum + (answer(n) == Self.highest(shares.elements[n * classes..<(n + 1) * classes]) ? 1 : 0)
            }
        case .labels(let wanted):
            return (0..<count).reduce(0) { sum, n in
                let isRight = (n * columns..<(n + 1) * columns).allSatisfy {
                    (outputs.elements[$0] > 0) == (wanted.elements[$0] > 0.5)
                }
                return sum + (isRight ? 1 : 0)
            }
        case .values:
            return nil
        }
    }

    private static func highest(_ values: ArraySlice<Float>) -> Int {
        var best = values.startIndex
        for index in values.indices where values[index] > values[best] { best = index }
        return best - values.startIndex
    }
}
