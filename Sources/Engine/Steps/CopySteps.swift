import Zoo

/// Values side by side along the channels, or one value with another pixel stride.
struct ConcatenateStep: Step {
    let name: String
    let inputs: [Operand]
    let output: Operand

    var kind: String { inputs.count == 1 ? "copy" : "concatenate" }
    var multiplyAdds: Int { 0 }
    func tiles(threads: Int) -> Int { threads == 1 ? 1 : max(1, min(8, output.count / 4096)) }
    var scratch: Int { 0 }
    var memoryAccesses: Int { 2 * output.count }
    var reads: [Int] { inputs.map(\.value) }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        for pixel in range(tile, of: tiles(threads: memory.threads), in: output.shape.pixels) {
            var target = memory[output.value] + pixel * output.stride
            for input in inputs {
                target.update(from: memory[input.value] + pixel * input.stride, count: input.shape.channels)
                target += input.shape.channels
            }
            // The padding of a pixel is read as channels that no weight touches: it must be a number.
            target.update(repeating: 0, count: output.stride - output.shape.channels)
        }
    }
}

/// Pixels' channels to channels' pixels, PyTorch's order of features.
struct FlattenStep: Step {
    let name: String
    let input: Operand
    let output: Operand

    var kind: String { "flatten" }
    var multiplyAdds: Int { 0 }
    func tiles(threads: Int) -> Int { 1 }
    var scratch: Int { 0 }
    var memoryAccesses: Int { 2 * output.count }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let source = memory[input.value], target = memory[output.value]
        for channel in 0..<input.shape.channels {
            for pixel in 0..<input.shape.pixels {
                target[channel * input.shape.pixels + pixel] = source[pixel * input.stride + channel]
            }
        }
        let count = input.shape.channels * input.shape.pixels
        (target + count).update(repeating: 0, count: output.stride - count)
    }
}
