import Zoo

/// Where a sliding window's taps lie: output row y reads input rows `y * stride - before + tap * dilation`.
struct WindowGeometry: Sendable {
    let kernel: Extent
    let stride: Extent
    let dilation: Extent
    /// The margin above and to the left.
    let before: Extent
    let input: Shape
    let output: Shape

    /// The caller has inferred `output` from the same attributes, so the window fits.
    init(kernel: Extent, stride: Extent, dilation: Extent = 1, padding: Padding, input: Shape, output: Shape) {
        self.kernel = kernel
        self.stride = stride
        self.dilation = dilation
        self.input = input
        self.output = output
        func margin(_ axis: KeyPath<Extent, Int>, _ size: Int) -> Int {
            padding.resolve(
                input: size, kernel: kernel[keyPath: axis], stride: stride[keyPath: axis],
                dilation: dilation[keyPath: axis], margin: axis)?.before ?? 0
        }
        before = Extent(height: margin(\.height, input.height), width: margin(\.width, input.width))
    }

    /// Columns that one output row touches, margins included.
    var span: Int { (output.width - 1) * stride.width + dilation.width * (kernel.width - 1) + 1 }
    /// Rows that one output row touches, including those that dilation skips.
    var rowSpan: Int { dilation.height * (kernel.height - 1) + 1 }
    /// Whether every row can be read where it is: no margin to the left or right.
    var readsWithinRow: Bool { before.width == 0 && span <= input.width }

    /// The input row of a tap, or nil in the margin.
    func inputRow(_ outputRow: Int, tap: Int) -> Int? {
        let row = outputRow * stride.height - before.height + tap * dilation.height
        return row >= 0 && row < input.height ? row : nil
    }

    /// The input rows (inside the image) that output rows `rows` touch.
    func inputRows(_ rows: Range<Int>) -> Range<Int> {
        let first = max(0, rows.lowerBound * stride.height - before.height)
        let end = min(input.height, (rows.upperBound - 1) * stride.height - before.height + rowSpan)
        return min(first, max(end, 0))..<max(end, 0)
    }

    /// The blocks of rows that finish first where each of `chunks` parts of the channels is a tile, and a tile makes the rows that
    /// it reads itself.
    func rowBlocks(chunks: Int, threads: Int) -> Int {
        guard threads > 1 else { return 1 }
        let height = output.height, halo = max(0, rowSpan - stride.height)
        // A thread that keeps to its part of the image finds in its own cache what it made there in the step before.
        if height >= 14 * threads { return threads }
        func time(_ blocks: Int) -> Int {
            let rows = (height + blocks - 1) / blocks * stride.height + halo
            return (chunks * blocks + threads - 1) / threads * rows
        }
        return (1...max(1, min(2 * threads, height / 2))).min { time($0) < time($1) } ?? 1
    }
}
