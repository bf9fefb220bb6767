import CKernels
import Zoo

/// Layer normalisation of every pixel's channels.
struct LayerNormStep: Step, @unchecked Sendable {
    let name: String
    let input: Operand
    let output: Operand
    let epsilon: Float
    /// Whole vectors; nil for 1 and 0.
    let weight: UnsafePointer<Float>?
    let bias: UnsafePointer<Float>?

    init(
        name: String, input: Operand, output: Operand, epsilon: Double, affine: LayerNormAffine?, target: Target
    ) {
        self.name = name
        self.input = input
        self.output = output
        self.epsilon = Float(epsilon)
        let count = target.kernels.padded(input.shape.channels)
        weight = affine.map { UnsafePointer(target.storage.floats($0.weight, padding: count)) }
        bias = affine.map { UnsafePointer(target.storage.floats($0.bias, padding: count)) }
    }

    var kind: String { "layer norm" }
    var multiplyAdds: Int { 0 }
    func tiles(threads: Int) -> Int { threads == 1 ? 1 : max(1, min(4 * threads, output.count / 4096)) }
    var scratch: Int { 0 }
    var memoryAccesses: Int { input.count + output.count }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let pixels = range(tile, of: tiles(threads: memory.threads), in: output.shape.pixels)
        var arguments = gk_layer_norm()
        arguments.x = UnsafePointer(memory[input.value] + pixels.lowerBound * input.stride)
        arguments.x_stride = input.stride
        arguments.out = memory[output.value] + pixels.lowerBound * output.stride
        arguments.out_stride = output.stride
        arguments.rows = pixels.count
        arguments.channels = output.shape.channels
        arguments.epsilon = epsilon
        arguments.weight = weight
        arguments.bias = bias
        memory.kernels.pointee.layer_norm(&arguments)
    }
}
