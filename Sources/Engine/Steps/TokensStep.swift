import CKernels
import Zoo

/// A sequence of constant tokens and an image's pixels, with a constant added to each.
struct TokensStep: Step, @unchecked Sendable {
    let name: String
    let input: Operand
    let output: Operand
    /// How many stand before the image's.
    let first: Int
    /// `[tokens + pixels][output.stride]`
    let addends: UnsafePointer<Float>
    let lanes: Int

    init(name: String, input: Operand, output: Operand, first: Int, addends: [Double], target: Target) {
        self.name = name
        self.input = input
        self.output = output
        self.first = first
        lanes = target.kernels.lanes
        let floats = target.storage.floats(padding: output.count), channels = output.shape.channels
        for (index, value) in addends.enumerated() {
            floats[index / channels * output.stride + index % channels] = Float(value)
        }
        self.addends = UnsafePointer(floats)
    }

    var kind: String { "tokens" }
    var multiplyAdds: Int { 0 }
    func tiles(threads: Int) -> Int { threads == 1 ? 1 : max(1, min(8, output.count / 4096)) }
    var scratch: Int { 0 }
    var memoryAccesses: Int { input.count + 2 * output.count }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let tiles = tiles(threads: memory.threads)
        let target = memory[output.value], pixels = range(tile, of: tiles, in: input.shape.pixels)
        if tile == 0 { target.update(from: addends, count: first * output.stride) }
        let offset = (first + pixels.lowerBound) * output.stride
        var arguments = gk_binary()
        arguments.a = UnsafePointer(memory[input.value] + pixels.lowerBound * input.stride)
        arguments.a_stride = input.stride
        arguments.b = addends + offset
        arguments.b_stride = output.stride
        arguments.out = target + offset
        arguments.out_stride = output.stride
        arguments.pixels = pixels.count
        arguments.vectors = output.stride / lanes
        memory.kernels.pointee.add(&arguments)
    }
}
