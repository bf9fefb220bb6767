import CKernels
import Zoo

/// Global response normalisation: a factor a channel from its norm over all pixels.
struct ResponseNormStep: Step, @unchecked Sendable {
    let name: String
    let input: Operand
    let output: Operand
    let epsilon: Double
    let weight: UnsafePointer<Float>
    let bias: UnsafePointer<Float>
    let zeros: UnsafePointer<Float>
    let lanes: Int

    init(
        name: String, input: Operand, output: Operand, epsilon: Double, weight: [Float], bias: [Float], target: Target
    ) {
        self.name = name
        self.input = input
        self.output = output
        self.epsilon = epsilon
        lanes = target.kernels.lanes
        self.weight = UnsafePointer(target.storage.floats(weight, padding: input.stride))
        self.bias = UnsafePointer(target.storage.floats(bias, padding: input.stride))
        zeros = UnsafePointer(target.storage.floats(padding: input.stride))
    }

    var kind: String { "response norm" }
    var multiplyAdds: Int { 0 }
    func tiles(threads: Int) -> Int { 1 }
    // Sums in double precision take two floats each; then the factors.
    var scratch: Int { 5 * input.stride }
    var memoryAccesses: Int { 2 * input.count + output.count }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let stride = input.stride, channels = input.shape.channels
        let sums = UnsafeMutableRawPointer(memory.scratch).assumingMemoryBound(to: Double.self)
        sums.update(repeating: 0, count: 2 * stride)
        var moments = gk_norm()
        moments.x = UnsafePointer(memory[input.value])
        moments.x_stride = stride
        moments.rows = input.shape.pixels
        moments.vectors = stride / lanes
        moments.mean = zeros
        moments.sums = sums
        memory.kernels.pointee.moments(&moments)
        let squares = sums + stride
        var mean = 0.0
        for channel in 0..<channels { mean += squares[channel].squareRoot() }
        mean = mean / Double(channels) + epsilon
        let factors = memory.scratch + 4 * stride
        factors.update(repeating: 0, count: stride)
        for channel in 0..<channels {
            factors[channel] = Float(1 + Double(weight[channel]) * squares[channel].squareRoot() / mean)
        }
        var arguments = gk_binary()
        arguments.a = UnsafePointer(memory[input.value])
        arguments.a_stride = stride
        arguments.b = UnsafePointer(factors)
        arguments.out = memory[output.value]
        arguments.out_stride = output.stride
        arguments.pixels = input.shape.pixels
        arguments.vectors = output.stride / lanes
        memory.kernels.pointee.affine(&arguments, bias)
    }
}
