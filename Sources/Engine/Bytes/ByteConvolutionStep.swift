import CKernels
import Zoo

/// A convolution of bytes with any kernel, stride and dilation, in one group; see `ConvolutionStep`. Rows are copied once a tile
/// to give them margins, and made bytes of on the way where they come in float32.
struct ByteConvolutionStep: Step, @unchecked Sendable {
    let name: String
    let input: Operand
    let inputRange: ByteRange
    /// Whether the input is float32, all channels and nothing between its pixels.
    let readsFloats: Bool
    let residual: Operand?
    let residualScale: Float
    let output: Operand
    let function: ByteFunction?
    let geometry: Convolution
    let window: WindowGeometry
    let weights: ByteMatrix
    let rows: ByteRows
    let rowBlocks: Int
    let panelBlocks: Int

    init(
        name: String, input: Operand, range: ByteRange, readsFloats: Bool,
        residual: (operand: Operand, range: ByteRange)?, output: Operand, function: ByteFunction?,
        convolution: ConvolutionWork, target: Target
    ) {
        self.name = name
        self.input = input
        inputRange = range
        self.readsFloats = readsFloats
        self.residual = residual?.operand
        residualScale = residual.map { $0.range.ratio(to: function?.made) } ?? 0
        self.output = output
        self.function = function
        let geometry = convolution.geometry
        self.geometry = geometry
        let window = WindowGeometry(
            kernel: geometry.kernel, stride: geometry.stride, dilation: geometry.dilation, padding: geometry.padding,
            input: input.shape, output: output.shape)
        self.window = window
        let taps = geometry.kernel.height * geometry.kernel.width, inputs = geometry.inputs
        func place(_ tap: Int, _ channel: Int) -> Int { channel * taps + tap }
        // Taps that lie side by side are one segment.
        let merged = geometry.dilation.width == 1
        let segments: [[Int]] =
            merged
            ? (0..<geometry.kernel.height).map { row in
                (0..<geometry.kernel.width).flatMap { column in
                    (0..<inputs).map { place(row * geometry.kernel.width + column, $0) }
                }
            } : (0..<taps).map { tap in (0..<inputs).map { place(tap, $0) } }
        weights = ByteMatrix(
            convolution, columns: 0..<geometry.outputs, segments: segments,
            ByteScaling(input: range, output: function?.made, residual: residual?.range), for: target)
        let rowBytes = max(1, window.span * geometry.inputs)
        let fitting = max(1, (131_072 / rowBytes - window.rowSpan) / geometry.stride.height)
        let blockRows = max(1, min(fitting, (output.shape.height + 7) / 8))
        let panelSplit = taps * inputs * geometry.outputs > 131_072 || output.shape.height < 8
        panelBlocks = panelSplit ? min(8, weights.panelCount) : 1
        rowBlocks =
            panelSplit
            ? (output.shape.height + fitting - 1) / fitting : (output.shape.height + blockRows - 1) / blockRows
        let tallest = (output.shape.height + rowBlocks - 1) / rowBlocks
        rows = ByteRows(
            window: window, stride: geometry.inputs,
            slots: min(input.shape.height, (tallest - 1) * geometry.stride.height + window.rowSpan), zero: range.zero)
    }

    var kind: String { "int8 convolution" }
    var multiplyAdds: Int {
        output.shape.pixels * geometry.outputs * geometry.inputs * geometry.kernel.height * geometry.kernel.width
    }
    func tiles(threads: Int) -> Int { rowBlocks * panelBlocks }
    var scratch: Int { (rows.count + 3) / 4 }
    var memoryAccesses: Int { (readsFloats ? input.count : input.count / 4) + output.count / 4 }
    var isSmall: Bool { multiplyAdds / 4 + memoryAccesses < 150_000 }
    var reads: [Int] { [input.value] + (residual.map { [$0.value] } ?? []) }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let outputRows = range(tile / panelBlocks, of: rowBlocks, in: output.shape.height)
        rows.clearMargins(memory.byteScratch)
        for row in window.inputRows(outputRows) { fill(row, memory) }
        let merged = geometry.dilation.width == 1
        let columns = merged ? 1 : geometry.kernel.width
        let count = geometry.kernel.height * columns
        withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: count) { segments in
            var arguments = weights.product(UnsafePointer(segments.baseAddress), count: count, function: function)
            arguments.depth = merged ? geometry.kernel.width * geometry.inputs : geometry.inputs
            arguments.last_depth = arguments.depth
            arguments.pixel_stride = geometry.stride.width * rows.stride
            arguments.rows = output.shape.width
            arguments.residual_scale = residualScale
            for panel in range(tile % panelBlocks, of: panelBlocks, in: weights.panelCount) {
                for row in outputRows {
                    for tap in 0..<geometry.kernel.height {
                        let start = rows.row(row, tap: tap, memory.byteScratch)
                        for column in 0..<columns {
                            segments[tap * columns + column] = start + column * geometry.dilation.width * rows.stride
                        }
                    }
                    let pixel = row * output.shape.width
                    arguments.write(
                        output, residual, pixel: pixel, isFloat: function == nil, memory)
                    memory.byteKernels.pointee.gemm(&arguments, panel, panel + 1)
                }
            }
        }
    }

    private func fill(_ row: Int, _ memory: StepMemory) {
        guard readsFloats else {
            return rows.fill(
                row, from: UnsafePointer(memory.bytes(input.value)), pixelStride: input.stride, memory.byteScratch)
        }
        let count = input.shape.width * input.shape.channels
        memory.byteKernels.pointee.quantize(
            memory[input.value] + row * count, rows.start(row, memory.byteScratch), count, 1 / inputRange.scale,
            Int(inputRange.zero))
    }
}
