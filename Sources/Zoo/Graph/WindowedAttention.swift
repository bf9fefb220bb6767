/// Which pixels of an image attend to one another within windows, and what is added to their scores.
package struct WindowedAttention: Sendable {
    package let windows: Attention.Windows
    package let heads: Int
    /// Channels of a head.
    package let size: Int
    /// Of the image.
    package let height: Int
    package let width: Int
    /// Windows along each axis.
    package let rows: Int
    package let columns: Int
    /// Along an axis that one window covers, nothing is shifted.
    package let shift: Extent

    /// - Parameter shape: the operand's, `[H, W, 3C]`.
    package init?(_ attention: Attention, shape: [Int]) {
        guard let windows = attention.windows, shape.count == 3 else { return nil }
        self.windows = windows
        heads = attention.heads
        size = shape[2] / 3 / attention.heads
        (height, width) = (shape[0], shape[1])
        rows = (height + windows.size.height - 1) / windows.size.height
        columns = (width + windows.size.width - 1) / windows.size.width
        shift = Extent(height: rows > 1 ? windows.shift.height : 0, width: columns > 1 ? windows.shift.width : 0)
    }

    /// Windows of an image.
    package var count: Int { rows * columns }
    /// Positions of a window.
    package var positions: Int { windows.size.height * windows.size.width }
    package var multiplyAdds: Int { 2 * heads * count * positions * positions * size }
    /// What scores are multiplied by.
    package var scale: Float { Float(1 / Double(size).squareRoot()) }

    /// Row and column of a window's position in the image; nil beyond it.
    package func pixel(_ position: Int, in window: Int) -> (row: Int, column: Int)? {
        let row = wrapped(place(position, in: window).row + shift.height, rows * windows.size.height)
        let column = wrapped(place(position, in: window).column + shift.width, columns * windows.size.width)
        return row < height && column < width ? (row, column) : nil
    }

    /// The part of the shifted image that a position belongs to: positions of different parts are no neighbours.
    package func part(_ position: Int, in window: Int) -> Int {
        func part(_ place: Int, of whole: Int, window: Int, shift: Int) -> Int {
            guard shift > 0 else { return 0 }
            return place < whole - window ? 0 : place < whole - shift ? 1 : 2
        }
        let (row, column) = place(position, in: window), size = windows.size
        return 3 * part(row, of: rows * size.height, window: size.height, shift: shift.height)
            + part(column, of: columns * size.width, window: size.width, shift: shift.width)
    }

    /// Whether a window has positions of different parts.
    package func isDivided(_ window: Int) -> Bool {
        shift.height > 0 && window / columns == rows - 1 || shift.width > 0 && window % columns == columns - 1
    }

    /// The row of the table for a pair of positions.
    package func distance(_ query: Int, _ key: Int) -> Int {
        let width = windows.size.width
        let down = query / width - key / width + windows.size.height - 1
        return down * (2 * width - 1) + query % width - key % width + width - 1
    }

    /// What is added to each head's scores before they are scaled: `[heads][positions][stride]`, zeros after a row.
    package func addends(_ table: [Float], stride: Int) -> [Float] {
        var result = [Float](repeating: 0, count: heads * positions * stride)
        for head in 0..<heads {
            for query in 0..<positions {
                for key in 0..<positions {
                    result[(head * positions + query) * stride + key] =
                        table[distance(query, key) * heads + head] / scale
                }
            }
        }
        return result
    }

    private func place(_ position: Int, in window: Int) -> (row: Int, column: Int) {
        let size = windows.size
        return (
            window / columns * size.height + position / size.width,
            window % columns * size.width + position % size.width
        )
    }

    private func wrapped(_ place: Int, _ whole: Int) -> Int { place < whole ? place : place - whole }
}
