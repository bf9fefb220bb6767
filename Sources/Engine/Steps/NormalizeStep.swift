import Zoo

/// Every pixel's channels over their Euclidean norm. A head has one of them on a thousand values: it needs no kernel.
struct NormalizeStep: Step {
    let name: String
    let input: Operand
    let output: Operand

    var kind: String { "normalize" }
    var multiplyAdds: Int { 0 }
    func tiles(threads: Int) -> Int { 1 }
    var scratch: Int { 0 }
    var memoryAccesses: Int { 3 * output.count }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let channels = output.shape.channels
        for pixel in 0..<output.shape.pixels {
            let source = memory[input.value] + pixel * input.stride
            let target = memory[output.value] + pixel * output.stride
            var squares = 0.0
            for channel in 0..<channels { squares += Double(source[channel]) * Double(source[channel]) }
            let factor = 1 / max(squares.squareRoot(), Operation.leastNorm)
            for channel in 0..<channels { target[channel] = Float(Double(source[channel]) * factor) }
            (target + channels).update(repeating: 0, count: output.stride - channels)
        }
    }
}
