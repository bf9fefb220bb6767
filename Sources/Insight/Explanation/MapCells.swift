import Zoo

/// How the values of a stage lie over a picture: a feature map's rows and columns, or a picture's tokens in their order,
/// behind those that belong to no place (the class token, registers).
struct MapCells: Sendable, Hashable {
    let rows: Int
    let columns: Int
    let channels: Int
    /// Tokens before the picture's own; 0 for a feature map.
    let skipped: Int

    var count: Int { rows * columns }

    /// nil for a stage that has no cells.
    /// - Parameter shapes: of the graph's nodes.
    init?(of stage: Graph.Stage, in graph: Graph, shapes: [[Int]]) {
        let shape = shapes[stage.node]
        if shape.count == 3 {
            (rows, columns, channels, skipped) = (shape[0], shape[1], shape[2], 0)
            return
        }
        guard shape.count == 2 else { return nil }
        for index in (0...stage.node).reversed() {
            guard case .tokens(let embedding, _) = graph.nodes[index].operation,
                let grid = graph.nodes[index].inputs.first.map({ shapes[$0] }), grid.count == 3
            else { continue }
            guard shape[0] == embedding.count + grid[0] * grid[1] else { return nil }
            (rows, columns, channels, skipped) = (grid[0], grid[1], shape[1], embedding.count)
            return
        }
        return nil
    }

    /// Where a cell's values begin.
    func start(of cell: Int) -> Int { (skipped + cell) * channels }
}

extension Graph {
    /// The stages that have a map, and behind which the graph can be cut.
    ///
    /// Tokens count as long as something behind them looks at all of them: an attention, or an average. The tokens of the last
    /// block have no say where only the class token is read, but what goes into that block has, through its attention.
    func mapStages(_ shapes: [[Int]]) -> [(stage: Stage, cells: MapCells)] {
        stages.compactMap { stage in
            guard let cells = MapCells(of: stage, in: self, shapes: shapes), cells.count > 1,
                (try? cut(after: stage.name)) != nil
            else { return nil }
            let isHeard =
                shapes[stage.node].count == 3
                || nodes[(stage.node + 1)...].contains { node in
                    switch node.operation {
                    case .attention, .globalPool, .gridPool: true
                    default: false
                    }
                }
            return isHeard ? (stage, cells) : nil
        }
    }
}
