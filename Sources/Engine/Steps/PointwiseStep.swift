import CKernels
import Zoo

/// A matrix product over pixels: 1x1 convolutions at stride 1 and fully connected layers.
struct PointwiseStep: Step {
    let name: String
    let input: Operand
    let residual: Operand?
    let output: Operand
    let weights: PackedMatrix
    let activation: gk_activation
    let rowBlocks: Int
    let panelBlocks: Int

    init(
        name: String, input: Operand, residual: Operand?, output: Operand, convolution: ConvolutionWork,
        kernels: KernelSet
    ) {
        self.name = name
        self.input = input
        self.residual = residual
        self.output = output
        weights = PackedMatrix(convolution, for: kernels)
        activation = convolution.activation.kernel
        rowBlocks = max(1, min(8, output.shape.pixels / 24))
        panelBlocks = rowBlocks == 1 ? min(8, weights.panelCount) : 1
    }

    var kind: String { output.shape.pixels == 1 ? "linear" : "pointwise" }
    var multiplyAdds: Int { output.shape.pixels * input.shape.channels * output.shape.channels }
    var tiles: Int { rowBlocks * panelBlocks }
    var scratch: Int { 0 }
    var reads: [Int] { [input.value] + (residual.map { [$0.value] } ?? []) }
    var writes: Int { output.value }

    func run(tile: Int, _ memory: StepMemory) {
        let rows = range(tile / panelBlocks, of: rowBlocks, in: output.shape.pixels)
        let panels = range(tile % panelBlocks, of: panelBlocks, in: weights.panelCount)
        var segment: UnsafePointer<Float>? = UnsafePointer(memory[input.value] + rows.lowerBound * input.stride)
        withUnsafePointer(to: &segment) { segments in
            var arguments = gk_gemm()
            arguments.segments = segments
            arguments.segment_count = 1
            arguments.depth = weights.depth
            arguments.pixel_stride = input.stride
            arguments.rows = rows.count
            arguments.panels = UnsafePointer(weights.panels.pointer)
            arguments.bias = UnsafePointer(weights.bias.pointer)
            arguments.vectors = weights.vectors
            arguments.out = memory[output.value] + rows.lowerBound * output.stride
            arguments.out_stride = output.stride
            if let residual {
                arguments.residual = UnsafePointer(memory[residual.value] + rows.lowerBound * residual.stride)
                arguments.residual_stride = residual.stride
            }
            arguments.activation = activation
            if output.shape.pixels == 1 && residual == nil {
                memory.kernels.pointee.gemv(&arguments, panels.lowerBound, panels.upperBound)
            } else {
                memory.kernels.pointee.gemm(&arguments, panels.lowerBound, panels.upperBound)
            }
        }
    }
}
