import CKernels
import Zoo

/// A matrix product over pixels of bytes: 1x1 convolutions at stride 1 and fully connected layers.
struct ByteProductStep: Step {
    let name: String
    let input: Operand
    let residual: Operand?
    let residualScale: Float
    /// In bytes, or in float32 where there is no function.
    let output: Operand
    let weights: ByteMatrix
    let function: ByteFunction?
    let depth: Int

    init(
        name: String, input: Operand, range: ByteRange, residual: (operand: Operand, range: ByteRange)?,
        output: Operand, function: ByteFunction?, convolution: ConvolutionWork, target: Target
    ) {
        self.name = name
        self.input = input
        self.residual = residual?.operand
        self.output = output
        self.function = function
        depth = input.shape.channels
        residualScale = residual.map { $0.range.ratio(to: function?.made) } ?? 0
        let blocks = (0..<input.blocks).map { block in
            Array(block * input.stride..<min(input.shape.channels, (block + 1) * input.stride))
        }
        weights = ByteMatrix(
            convolution, columns: 0..<convolution.geometry.outputs,
            segments: input.blocks > 1 ? blocks : [Array(0..<input.shape.channels)],
            ByteScaling(input: range, output: function?.made, residual: residual?.range), for: target)
    }

    var kind: String { input.shape.pixels == 1 ? "int8 linear" : "int8 pointwise" }
    var multiplyAdds: Int { input.shape.pixels * input.shape.channels * output.shape.channels }
    var memoryAccesses: Int { (input.count + output.count) / 4 }
    var isSmall: Bool { multiplyAdds / 4 + memoryAccesses < 150_000 }
    var scratch: Int { 0 }
    var reads: [Int] { [input, residual].compactMap { $0?.value } }
    var writes: [Int] { [output.value] }

    /// Blocks of rows and of panels; see `PointwiseStep`.
    private func split(threads: Int) -> (rows: Int, panels: Int) {
        if threads == 1 { return (1, 1) }
        let rows = min(4 * threads, input.shape.pixels / 24)
        if rows >= 2 * threads { return (rows, 1) }
        return (1, min(weights.panelCount, 4 * threads))
    }

    func tiles(threads: Int) -> Int {
        let (rows, panels) = split(threads: threads)
        return rows * panels
    }

    /// Bytes of rows that stay in the first-level cache while the panels go by.
    private static let blockBytes = 16_384

    func run(tile: Int, _ memory: StepMemory) {
        let (rowBlocks, panelBlocks) = split(threads: memory.threads)
        let rows = range(tile / panelBlocks, of: rowBlocks, in: input.shape.pixels)
        let panels = range(tile % panelBlocks, of: panelBlocks, in: weights.panelCount)
        let image = UnsafePointer(memory.bytes(input.value))
        let most = max(24, Self.blockBytes / max(1, depth) / 12 * 12)
        withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: input.blocks) { segments in
            var arguments = weights.product(
                UnsafePointer(segments.baseAddress), count: input.blocks, function: function)
            arguments.depth = input.blocks > 1 ? input.stride : depth
            arguments.last_depth = input.blocks > 1 ? input.lastChannels : depth
            arguments.pixel_stride = input.stride
            arguments.residual_scale = residualScale
            var row = rows.lowerBound
            while row < rows.upperBound {
                let count = min(most, rows.upperBound - row)
                for block in 0..<input.blocks {
                    segments[block] = image + block * input.blockCount + row * input.stride
                }
                arguments.rows = count
                arguments.write(output, residual, pixel: row, isFloat: function == nil, memory)
                memory.byteKernels.pointee.gemm(&arguments, panels.lowerBound, panels.upperBound)
                row += count
            }
        }
    }
}
