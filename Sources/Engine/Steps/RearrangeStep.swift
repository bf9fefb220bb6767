import Zoo

/// Some of a value's numbers at other places.
struct RearrangeStep: Step, @unchecked Sendable {
    let name: String
    let input: Operand
    let output: Operand
    let move: Rearrangement
    /// Where each channel comes from, counted from its pixel's beginning.
    let offsets: UnsafePointer<Int>
    /// Whether the channels lie side by side.
    let isRun: Bool

    init(name: String, input: Operand, output: Operand, move: Rearrangement, target: Target) {
        self.name = name
        self.input = input
        self.output = output
        self.move = move
        let offsets = move.offsets(width: input.shape.width, stride: input.stride)
        self.offsets = target.storage.array(offsets)
        isRun = offsets.indices.allSatisfy { offsets[$0] == offsets[0] + $0 }
    }

    var kind: String { "rearrange" }
    var multiplyAdds: Int { 0 }
    func tiles(threads: Int) -> Int { threads == 1 ? 1 : max(1, min(8, output.count / 4096)) }
    var scratch: Int { 0 }
    var memoryAccesses: Int { 2 * output.count }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let channels = output.shape.channels
        let (from, to) = ((input.shape.height, input.shape.width), (output.shape.height, output.shape.width))
        for pixel in range(tile, of: tiles(threads: memory.threads), in: output.shape.pixels) {
            let base = move.base(pixel, outputWidth: output.shape.width, inputWidth: input.shape.width)
            let source = UnsafePointer(memory[input.value] + base * input.stride)
            let target = memory[output.value] + pixel * output.stride
            if !move.isInside(pixel, output: to, input: from) {
                for channel in 0..<channels {
                    target[channel] =
                        move.isInside(pixel, channel: channel, output: to, input: from) ? source[offsets[channel]] : 0
                }
            } else if isRun {
                target.update(from: source + offsets[0], count: channels)
            } else {
                for channel in 0..<channels { target[channel] = source[offsets[channel]] }
            }
            (target + channels).update(repeating: 0, count: output.stride - channels)
        }
    }
}
