import Engine
import Zoo

/// What it costs to leave a layer in float32, so that layers can be compared: multiply-adds, with values that are rounded on the
/// way and weights of four bytes counted as the multiply-adds that processors do meanwhile. The same on every machine, so that
/// the same pictures make the same file.
struct FloatCosts {
    private let rows: [Summary.Row]

    /// Multiply-adds in the time that a value is made a byte, and a weight is read.
    private static let value = 8, weight = 8

    /// - Throws: `GraftError` as `Summary`.
    init(_ graph: Graph) throws(GraftError) {
        rows = try Summary(graph).layers
    }

    subscript(_ layer: ByteLayer) -> Double {
        // A row is the node after the input.
        let rows = layer.nodes.filter { $0 > 0 }.map { self.rows[$0 - 1] }
        let values = (rows.first?.input.reduce(1, *) ?? 0) + (rows.last?.output.reduce(1, *) ?? 0)
        let products = rows.reduce(0) { $0 + $1.multiplyAdds + Self.weight * $1.parameters }
        return Double(max(1, products + Self.value * values))
    }
}
