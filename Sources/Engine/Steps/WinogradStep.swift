import CKernels
import Zoo

/// A 3x3 convolution at stride 1 as 16 matrix products over tiles of 2x2 outputs, with 16 multiplications in place of
/// 36.
///
/// A tile of the step transforms its rows of the input into scratch memory, then makes panel after panel of its
/// outputs.
struct WinogradStep: Step, @unchecked Sendable {
    let name: String
    let input: Operand
    let residual: Operand?
    let output: Operand
    let window: WindowGeometry
    /// One matrix for each of the 16 positions of a tile.
    let weights: UnsafePointer<PackedMatrix>
    let bias: UnsafePointer<Float>
    let after: UnsafePointer<Float>?
    let activation: gk_activation
    let lanes: Int

    /// Whether the products that are saved pay for the transforms: about 40 operations a tile and channel on each side.
    static func pays(_ geometry: Convolution, output: Shape, kernels: KernelSet) -> Bool {
        guard geometry.kernel == 3, geometry.stride == 1, geometry.dilation == 1, geometry.groups == 1 else {
            return false
        }
        let tiles = (output.height + 1) / 2 * ((output.width + 1) / 2)
        let inputs = geometry.inputs, outputs = kernels.padded(geometry.outputs)
        let direct = output.pixels * 9 * inputs * outputs
        return (tiles * (16 * inputs * outputs + 40 * (inputs + outputs))) * 5 / 4 < direct
    }

    init(
        name: String, input: Operand, residual: Operand?, output: Operand, convolution: ConvolutionWork, target: Target
    ) {
        self.name = name
        self.input = input
        self.residual = residual
        self.output = output
        lanes = target.kernels.lanes
        activation = convolution.activation.kernel
        let geometry = convolution.geometry
        window = WindowGeometry(
            kernel: 3, stride: 1, padding: geometry.padding, input: input.shape, output: output.shape)
        bias = UnsafePointer(target.storage.floats(convolution.bias.map { Float($0) }, padding: output.stride))
        after = convolution.after.map {
            UnsafePointer(target.storage.floats($0.map { Float($0) }, padding: output.stride))
        }
        let (inputs, outputs) = (geometry.inputs, geometry.outputs)
        let zeros = [Double](repeating: 0, count: outputs)
        weights = target.storage.array(
            (0..<16).map { position in
                PackedMatrix(depth: inputs, columns: outputs, bias: zeros, for: target) { input, columns, target in
                    for (index, output) in columns.enumerated() {
                        let filter = (output * inputs + input) * 9
                        target[index] = Float(
                            Self.transformed(convolution.weight, from: filter, position) * convolution.scale[output])
                    }
                }
            })
    }

    /// The value of `G g G'` at one of its 16 positions, for the filter that starts at `start`.
    private static func transformed(_ weights: [Float], from start: Int, _ position: Int) -> Double {
        func row(_ y: Int) -> Double {
            let at = start + 3 * y
            return spread(position % 4, Double(weights[at]), Double(weights[at + 1]), Double(weights[at + 2]))
        }
        return spread(position / 4, row(0), row(1), row(2))
    }

    /// Row `row` of G times a column.
    private static func spread(_ row: Int, _ a: Double, _ b: Double, _ c: Double) -> Double {
        switch row {
        case 0: a
        case 1: (a + b + c) / 2
        case 2: (a - b + c) / 2
        default: c
        }
    }

    var kind: String { "winograd" }
    /// Of the direct sum, as everywhere.
    var multiplyAdds: Int { output.shape.pixels * output.shape.channels * 9 * input.shape.channels }
    var memoryAccesses: Int { input.count + output.count }
    var reads: [Int] { [input.value] + (residual.map { [$0.value] } ?? []) }
    var writes: [Int] { [output.value] }

    private var tileRows: Int { (output.shape.height + 1) / 2 }
    private var tileColumns: Int { (output.shape.width + 1) / 2 }
    private var panelCount: Int { weights[0].panelCount }
    private var widestPanel: Int { (weights[0].vectors + panelCount - 1) / panelCount * lanes }

    /// Blocks of rows of tiles, whose transforms fit half of the second-level cache, and of panels.
    private func split(threads: Int) -> (rows: Int, panels: Int) {
        let fitting = max(1, 131_072 / (16 * input.stride * tileColumns))
        let rows = (tileRows + fitting - 1) / fitting
        if threads == 1 || rows >= threads { return (rows, 1) }
        let weightCount = 16 * weights[0].depth * weights[0].vectors * lanes
        if weightCount > 262_144 && panelCount >= threads { return (rows, min(panelCount, threads)) }
        return (min(tileRows, 2 * threads), 1)
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

    private var padded: PaddedRows {
        PaddedRows(
            window: window, inputStride: input.stride, stride: input.stride, channels: input.stride,
            slots: min(input.shape.height, 2 * mostRows + 2), least: 2 * tileColumns + 2)
    }

    private var transformedCount: Int { 16 * mostRows * tileColumns * input.stride }
    var scratch: Int { padded.count + transformedCount + 16 * mostRows * tileColumns * widestPanel }

    func run(tile: Int, _ memory: StepMemory) {
        let (rowBlocks, panelBlocks) = split(threads: memory.threads)
        let rows = range(tile / panelBlocks, of: rowBlocks, in: tileRows)
        let source = padded, tileCount = rows.count * tileColumns
        let transformed = memory.scratch + source.count, products = transformed + transformedCount
        let image = UnsafePointer(memory[input.value])
        source.clearMargins(memory.scratch)
        let outputRows = 2 * rows.lowerBound..<min(output.shape.height, 2 * rows.upperBound)
        for row in window.inputRows(outputRows) { source.fill(row, from: image, memory.scratch) }
        for (index, tileRow) in rows.enumerated() {
            var arguments = gk_winograd_input()
            arguments.rows.0 = source.row(2 * tileRow, tap: 0, memory.scratch)
            arguments.rows.1 = source.row(2 * tileRow, tap: 1, memory.scratch)
            arguments.rows.2 = source.row(2 * tileRow, tap: 2, memory.scratch)
            // The last tile of an odd height has outputs that are not there: their inputs do not matter.
            let isWhole = 2 * tileRow + 1 < output.shape.height
            arguments.rows.3 =
                isWhole ? source.row(2 * tileRow + 1, tap: 2, memory.scratch) : source.zeros(memory.scratch)
            arguments.pixel_stride = input.stride
            arguments.tiles = tileColumns
            arguments.vectors = input.stride / lanes
            arguments.out = transformed + index * tileColumns * input.stride
            arguments.position_stride = tileCount * input.stride
            arguments.tile_stride = input.stride
            memory.kernels.pointee.winograd_input(&arguments)
        }
        for panel in range(tile % panelBlocks, of: panelBlocks, in: panelCount) {
            let first = gk_panel_start(panel, panelCount, weights[0].vectors)
            let width = gk_panel_start(panel + 1, panelCount, weights[0].vectors) - first
            for position in 0..<16 {
                multiply(
                    weights[position], panel, first: first, width: width, tiles: tileCount,
                    UnsafePointer(transformed + position * tileCount * input.stride),
                    to: products + position * tileCount * width * lanes, memory)
            }
            for (index, tileRow) in rows.enumerated() {
                finish(
                    tileRow, first: first, width: width, tiles: tileCount,
                    UnsafePointer(products + index * tileColumns * width * lanes), memory)
            }
        }
    }

    /// One panel of one position's product.
    private func multiply(
        _ matrix: PackedMatrix, _ panel: Int, first: Int, width: Int, tiles: Int, _ rows: UnsafePointer<Float>,
        to products: UnsafeMutablePointer<Float>, _ memory: StepMemory
    ) {
        var segment: UnsafePointer<Float>? = rows
        withUnsafePointer(to: &segment) { segments in
            var arguments = gk_gemm()
            arguments.segments = segments
            arguments.segment_count = 1
            arguments.depth = matrix.depth
            arguments.last_depth = matrix.depth
            arguments.pixel_stride = input.stride
            arguments.rows = tiles
            arguments.panels = matrix.panels
            arguments.bias = matrix.bias
            arguments.vectors = matrix.vectors
            arguments.half = matrix.half
            // The kernel counts columns from the matrix's first.
            arguments.out = products - first * lanes
            arguments.out_stride = width * lanes
            memory.kernels.pointee.gemm(&arguments, panel, panel + 1)
        }
    }

    /// One row of tiles back to pixels.
    private func finish(
        _ tileRow: Int, first: Int, width: Int, tiles: Int, _ products: UnsafePointer<Float>, _ memory: StepMemory
    ) {
        var arguments = gk_winograd_output()
        arguments.in = products
        arguments.position_stride = tiles * width * lanes
        arguments.tile_stride = width * lanes
        arguments.tiles = tileColumns
        arguments.vectors = width
        arguments.bias = bias + first * lanes
        arguments.after = after.map { $0 + first * lanes }
        let pixel = 2 * tileRow * output.shape.width
        if let residual {
            arguments.residual = UnsafePointer(memory[residual.value] + pixel * residual.stride + first * lanes)
            arguments.residual_stride = residual.stride
            arguments.residual_row = output.shape.width * residual.stride
        }
        arguments.out = memory[output.value] + pixel * output.stride + first * lanes
        arguments.out_stride = output.stride
        arguments.out_row = output.shape.width * output.stride
        arguments.rows = min(2, output.shape.height - 2 * tileRow)
        arguments.width = output.shape.width
        arguments.activation = activation
        memory.kernels.pointee.winograd_output(&arguments)
    }
}
