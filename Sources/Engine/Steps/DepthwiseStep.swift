import CKernels
import Zoo

/// A depthwise convolution over an image in memory, in tiles of channels and rows.
struct DepthwiseStep: Step {
    let name: String
    let input: Operand
    let output: Operand
    let geometry: Convolution
    let window: WindowGeometry
    /// `[tap][channel]`
    let weights: FloatBuffer
    let bias: FloatBuffer
    let activation: gk_activation
    let padded: PaddedRows
    let lanes: Int
    /// Vectors of channels a tile.
    let chunk: Int
    let rowBlocks: Int

    init(name: String, input: Operand, output: Operand, convolution: ConvolutionWork, kernels: KernelSet) {
        self.name = name
        self.input = input
        self.output = output
        let geometry = convolution.geometry
        self.geometry = geometry
        activation = convolution.activation.kernel
        lanes = kernels.lanes
        window = WindowGeometry(
            kernel: geometry.kernel, stride: geometry.stride, dilation: geometry.dilation, padding: geometry.padding,
            input: input.shape, output: output.shape)
        let padding = kernels.padded(geometry.outputs), taps = geometry.kernel.height * geometry.kernel.width
        weights = FloatBuffer(count: taps * padding)
        for channel in 0..<geometry.outputs {
            for tap in 0..<taps {
                weights[tap * padding + channel] = Float(
                    Double(convolution.weight[channel * taps + tap]) * convolution.scale[channel])
            }
        }
        bias = FloatBuffer(convolution.bias.map { Float($0) }, padding: padding)
        chunk = min(48 / kernels.lanes, padding / kernels.lanes)
        padded = PaddedRows(
            window: window, inputStride: input.stride, stride: chunk * kernels.lanes, channels: chunk * kernels.lanes,
            slots: window.rowSpan)
        rowBlocks = max(1, min(8, output.shape.height / 14))
    }

    private var chunks: Int { (geometry.outputs + chunk * lanes - 1) / (chunk * lanes) }

    var kind: String { "depthwise" }
    var multiplyAdds: Int { output.shape.pixels * geometry.outputs * geometry.kernel.height * geometry.kernel.width }
    var tiles: Int { chunks * rowBlocks }
    var scratch: Int { padded.count }
    var reads: [Int] { [input.value] }
    var writes: Int { output.value }

    func run(tile: Int, _ memory: StepMemory) {
        let first = tile % chunks * chunk * lanes
        let channels = min(chunk * lanes, output.stride - first)
        let rows = range(tile / chunks, of: rowBlocks, in: output.shape.height)
        let image = UnsafePointer(memory[input.value]) + first
        let source = PaddedRows(
            window: window, inputStride: input.stride, stride: padded.stride, channels: channels, slots: padded.slots)
        source.clear(memory.scratch)
        var filled = window.inputRows(rows).lowerBound
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: geometry.kernel.height) { taps in
            var arguments = gk_depthwise()
            arguments.rows = UnsafePointer(taps.baseAddress)
            arguments.pixel_stride = source.stride
            arguments.weights = UnsafePointer(weights.pointer) + first
            arguments.weight_stride = output.stride
            arguments.bias = UnsafePointer(bias.pointer) + first
            arguments.out_stride = output.stride
            arguments.vectors = channels / lanes
            arguments.width = output.shape.width
            arguments.kernel_height = geometry.kernel.height
            arguments.kernel_width = geometry.kernel.width
            arguments.stride = geometry.stride.width
            arguments.dilation = geometry.dilation.width
            arguments.activation = activation
            for row in rows {
                for needed in window.inputRows(row..<row + 1) where needed >= filled {
                    source.fill(needed, from: image, memory.scratch)
                    filled = needed + 1
                }
                for tap in 0..<geometry.kernel.height { taps[tap] = source.row(row, tap: tap, memory.scratch) }
                arguments.out = memory[output.value] + row * output.shape.width * output.stride + first
                memory.kernels.pointee.depthwise(&arguments)
            }
        }
    }
}
