import Zoo

/// Attention within windows of an image, `[N, C, H, W]`, written out for the graph's size.
extension NodeList {
    mutating func describeWindows(
        _ attention: Attention, at name: String, _ image: String, parameters: [String], inputShape: [Int]
    ) -> String {
        guard let windowed = WindowedAttention(attention, shape: inputShape) else { return image }
        let (rows, columns) = (windowed.windows.size.height, windowed.windows.size.width)
        let (heads, size, count, positions) = (windowed.heads, windowed.size, windowed.count, windowed.positions)
        let extents = (windowed.rows * rows, windowed.columns * columns)
        let whole = padded(image, inputShape, to: extents, name: name)
        let biased = append("Add", [whole, perChannel(parameters[1], rank: 3, name: name)], name: name)
        var shifted = turned(biased, by: windowed.shift.height, of: extents.0, taking: extents.0, axis: 2, name: name)
        shifted = turned(shifted, by: windowed.shift.width, of: extents.1, taking: extents.1, axis: 3, name: name)

        // [N, 3C, H', W'] to [N, windows, 3 * heads, size, positions].
        let parts = reshape(
            shifted, [0, 3 * heads * size, windowed.rows, rows, windowed.columns, columns], name: name)
        let windows = reshape(
            transpose(parts, [0, 2, 4, 1, 3, 5], name: name), [0, count, 3 * heads, size, positions], name: name)
        func part(_ index: Int, _ list: inout NodeList) -> String {
            list.slice(windows, index * heads..<(index + 1) * heads, axis: 2, name: name)
        }
        let queries = transpose(part(0, &self), [0, 1, 2, 4, 3], name: name)
        let products = append("MatMul", [queries, part(1, &self)], name: name)
        let scaled = append("Mul", [products, scalar(windowed.scale)], name: name)
        let scores = append("Add", [scaled, distances(windowed, table: parameters[0], name: name)], name: name)
        let masked =
            (0..<count).contains(where: windowed.isDivided)
            ? append("Add", [scores, losses(windowed, name: name)], name: name) : scores
        let weights = append("Softmax", [masked], name: name, attributes: [.int("axis", -1)])
        let values = transpose(part(2, &self), [0, 1, 2, 4, 3], name: name)
        let sums = append("MatMul", [weights, values], name: name)

        // [N, windows, heads, positions, size] to [N, C, H', W'], and back to where the image's rows were.
        let together = reshape(
            transpose(sums, [0, 2, 4, 1, 3], name: name),
            [0, heads * size, windowed.rows, windowed.columns, rows, columns], name: name)
        let map = reshape(
            transpose(together, [0, 1, 2, 4, 3, 5], name: name), [0, heads * size, extents.0, extents.1], name: name)
        let upright = turned(
            map, by: -windowed.shift.height, of: extents.0, taking: windowed.height, axis: 2, name: name)
        return turned(
            upright, by: -windowed.shift.width, of: extents.1, taking: windowed.width, axis: 3, name: name)
    }

    /// An image with zeros below and to the right.
    mutating func padded(_ image: String, _ shape: [Int], to extents: (Int, Int), name: String) -> String {
        let (down, across) = (extents.0 - shape[0], extents.1 - shape[1])
        guard down > 0 || across > 0 else { return image }
        return append("Pad", [image, integers([0, 0, 0, 0, 0, 0, down, across]), scalar(0)], name: name)
    }

    /// The first `taking` of the rows (columns) that begin with number `by` and go round.
    private mutating func turned(
        _ image: String, by shift: Int, of extent: Int, taking count: Int, axis: Int, name: String
    ) -> String {
        guard shift != 0 || count != extent else { return image }
        let indices = (0..<count).map { ($0 + shift + extent) % extent }
        return append("Gather", [image, integers(indices)], name: name, attributes: [.int("axis", axis)])
    }

    /// `[heads, positions, positions]` of the table.
    private mutating func distances(_ windowed: WindowedAttention, table: String, name: String) -> String {
        let positions = windowed.positions
        let indices = (0..<positions * positions).map { windowed.distance($0 / positions, $0 % positions) }
        let rows = append(
            "Gather", [table, integers(indices, named: "\(name).distances")], name: name, attributes: [.int("axis", 0)])
        let pairs = reshape(rows, [positions, positions, windowed.heads], name: name)
        return transpose(pairs, [2, 0, 1], name: name)
    }

    /// `[windows, 1, positions, positions]`
    private mutating func losses(_ windowed: WindowedAttention, name: String) -> String {
        let positions = windowed.positions
        var tensor = Tensor(shape: [windowed.count, 1, positions, positions])
        tensor.withElements { elements in
            for window in 0..<windowed.count {
                for query in 0..<positions {
                    for key in 0..<positions
                    where windowed.part(query, in: window) != windowed.part(key, in: window) {
                        elements[(window * positions + query) * positions + key] = -Float(Attention.strangersLoss)
                    }
                }
            }
        }
        return constant("\(name).strangers", tensor)
    }
}
