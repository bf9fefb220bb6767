import CKernels
import Zoo

/// A 3x3 convolution of bytes at stride 1 as 36 matrix products over tiles of 4x4 outputs, with 36 multiplications of 16 bits in
/// place of 144 of 8. The sums are those of `ByteConvolutionStep`, to the bit; see `gk_byte_winograd_input`.
///
/// A tile of the step transforms its rows of the input into scratch memory, then makes panel after panel of its outputs.
struct ByteWinogradStep: Step, @unchecked Sendable {
    let name: String
    let input: Operand
    let residual: Operand?
    let residualScale: Float
    let output: Operand
    let function: ByteFunction?
    let window: WindowGeometry
    let weights: ByteMatrix
    let lanes: Int
    let tileRows: Int
    let tileColumns: Int

    init(
        name: String, input: Operand, range: ByteRange, residual: (operand: Operand, range: ByteRange)?,
        output: Operand, function: ByteFunction?, convolution: ConvolutionWork, target: Target
    ) {
        self.name = name
        self.input = input
        self.residual = residual?.operand
        residualScale = residual.map { $0.range.ratio(to: function?.made) } ?? 0
        self.output = output
        self.function = function
        lanes = target.bytes.lanes
        tileRows = (output.shape.height + 3) / 4
        tileColumns = (output.shape.width + 3) / 4
        // Whole tiles: what they make beyond the image is not written.
        let whole = Shape(height: 4 * tileRows, width: 4 * tileColumns, channels: output.shape.channels)
        window = WindowGeometry(
            kernel: 3, stride: 1, padding: convolution.geometry.padding, input: input.shape, output: whole)
        zero = range.zero
        let channels = convolution.geometry.inputs
        weights = ByteMatrix(
            convolution, columns: 0..<convolution.geometry.outputs, bytes: 36 * 2 * 2 * ((channels + 1) / 2),
            ByteScaling(input: range, output: function?.made, residual: residual?.range), for: target
        ) { weights, order, panel in
            panel.withMemoryRebound(to: Int16.self, capacity: 36 * 2 * ((channels + 1) / 2) * order.count) {
                gk_byte_winograd_pack(weights.baseAddress, channels, order, order.count, $0)
            }
        }
    }

    private let zero: UInt8

    var kind: String { "int8 winograd" }
    /// Of the direct sum, as everywhere.
    var multiplyAdds: Int { output.shape.pixels * output.shape.channels * 9 * input.shape.channels }
    var memoryAccesses: Int { (input.count + output.count) / 4 }
    var reads: [Int] { [input.value] + (residual.map { [$0.value] } ?? []) }
    var writes: [Int] { [output.value] }

    /// Bytes between two pixels of a copied row and values between two tiles: whole vectors of 16 bits.
    private var stride: Int { (input.shape.channels + 2 * lanes - 1) / (2 * lanes) * (2 * lanes) }
    private var pairs: Int { (input.shape.channels + 1) / 2 }
    private var widestPanel: Int { min(4, weights.vectors) * lanes }

    /// Blocks of rows of tiles, whose values and sums fit half of the second-level cache, and of panels.
    private func split(threads: Int) -> (rows: Int, panels: Int) {
        let fitting = max(1, 524_288 / (36 * tileColumns * (2 * stride + 4 * widestPanel)))
        let rows = (tileRows + fitting - 1) / fitting
        if threads == 1 { return (rows, 1) }
        if 36 * 2 * pairs * weights.vectors * lanes > 262_144 && weights.panelCount >= threads {
            return (rows, min(weights.panelCount, threads))
        }
        return (max(rows, min(tileRows, 4 * threads)), 1)
    }

    func tiles(threads: Int) -> Int {
        let (rows, panels) = split(threads: threads)
        return rows * panels
    }

    /// Rows of tiles in the largest block, with the fewest threads.
    private var mostRows: Int {
        let rows = split(threads: 1).rows
        return (tileRows + rows - 1) / rows
    }
    private var rows: ByteRows {
        ByteRows(window: window, stride: stride, slots: min(input.shape.height, 4 * mostRows + 2), zero: zero)
    }
    /// A vector more than there is: 36 positions whose distance is a power of two would share a few lines of the cache.
    private func valueStride(_ tiles: Int) -> Int { tiles * stride + 32 }
    private func sumStride(_ tiles: Int) -> Int { tiles * widestPanel + 16 }
    /// Bytes of scratch memory before the values, and in all.
    private var rowBytes: Int { (rows.count + 63) / 64 * 64 }
    private var valueBytes: Int { 72 * valueStride(mostRows * tileColumns) }
    var scratch: Int { (rowBytes + valueBytes) / 4 + 36 * sumStride(mostRows * tileColumns) }

    func run(tile: Int, _ memory: StepMemory) {
        let (rowBlocks, panelBlocks) = split(threads: memory.threads)
        let block = range(tile / panelBlocks, of: rowBlocks, in: tileRows), count = block.count * tileColumns
        let scratch = UnsafeMutableRawPointer(memory.scratch)
        let values = (scratch + rowBytes).assumingMemoryBound(to: Int16.self)
        let sums = (scratch + rowBytes + valueBytes).assumingMemoryBound(to: Int32.self)
        transform(block, to: values, memory)
        for panel in range(tile % panelBlocks, of: panelBlocks, in: weights.panelCount) {
            let first = gk_byte_panel_start(panel, weights.vectors)
            let width = gk_byte_panel_start(panel + 1, weights.vectors) - first
            var products = gk_byte_winograd_products()
            products.in = UnsafePointer(values)
            products.tile_stride = stride
            products.position_stride = valueStride(count)
            products.tiles = count
            products.pairs = pairs
            products.panel = (UnsafeRawPointer(weights.panels) + 36 * 4 * pairs * first * lanes)
                .assumingMemoryBound(to: Int16.self)
            products.width = width
            products.out = sums
            products.out_stride = sumStride(count)
            memory.byteKernels.pointee.winograd_products(&products)
            for (index, tileRow) in block.enumerated() {
                finish(
                    tileRow, first: first, width: width,
                    UnsafePointer(sums + index * tileColumns * width * lanes), sumStride(count), memory)
            }
        }
    }

    /// Rows of the input to values of tiles.
    private func transform(_ block: Range<Int>, to values: UnsafeMutablePointer<Int16>, _ memory: StepMemory) {
        let source = rows, image = UnsafePointer(memory.bytes(input.value))
        source.clearMargins(memory.byteScratch)
        for row in window.inputRows(4 * block.lowerBound..<4 * block.upperBound) {
            source.fill(row, from: image, pixelStride: input.stride, memory.byteScratch)
        }
        for (index, tileRow) in block.enumerated() {
            var arguments = gk_byte_winograd_input()
            // The rows of a tile are the first taps of six rows of outputs.
            func row(_ place: Int) -> UnsafePointer<UInt8> {
                source.row(4 * tileRow + place, tap: 0, memory.byteScratch)
            }
            arguments.rows = (row(0), row(1), row(2), row(3), row(4), row(5))
            arguments.pixel_stride = stride
            arguments.tiles = tileColumns
            arguments.vectors = stride / (2 * lanes)
            arguments.out = values + index * tileColumns * stride
            arguments.tile_stride = stride
            arguments.position_stride = valueStride(block.count * tileColumns)
            memory.byteKernels.pointee.winograd_input(&arguments)
        }
    }

    /// One panel of one row of tiles back to pixels.
    private func finish(
        _ tileRow: Int, first: Int, width: Int, _ sums: UnsafePointer<Int32>, _ stride: Int, _ memory: StepMemory
    ) {
        var finish = weights.product(nil, count: 0, function: function)
        finish.residual_scale = residualScale
        finish.write(
            output, residual, pixel: 4 * tileRow * output.shape.width, isFloat: function == nil, memory)
        withUnsafePointer(to: &finish) { finish in
            var arguments = gk_byte_winograd_output()
            arguments.in = sums
            arguments.position_stride = stride
            arguments.tiles = tileColumns
            arguments.vector = first
            arguments.width = width
            arguments.pixels = output.shape.width
            arguments.rows = min(4, output.shape.height - 4 * tileRow)
            arguments.finish = finish
            memory.byteKernels.pointee.winograd_output(&arguments)
        }
    }
}
