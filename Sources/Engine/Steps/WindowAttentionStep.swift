import CKernels
import Zoo

/// Attention within windows of an image: a tile is a window and a head.
struct WindowAttentionStep: Step, Sendable {
    let name: String
    let input: Operand
    let output: Operand
    let scores: WindowScores

    init(
        name: String, input: Operand, output: Operand, windowed: WindowedAttention, table: [Float], bias: [Float],
        target: Target
    ) {
        self.name = name
        self.input = input
        self.output = output
        scores = WindowScores(windowed, target: target)
        scores.prepare(table: table, bias: bias)
    }

    private var windowed: WindowedAttention { scores.windowed }
    private var positions: Int { scores.positions }

    var kind: String { "attention" }
    var multiplyAdds: Int { windowed.multiplyAdds }
    var memoryAccesses: Int { input.count + output.count }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func tiles(threads: Int) -> Int { windowed.count * windowed.heads }

    /// Queries, keys, values and sums; packed keys and values; scores and their statistics.
    var scratch: Int {
        4 * positions * scores.size + windowed.size * scores.width + positions * scores.size
            + positions * (scores.width + 2)
    }

    func run(tile: Int, _ memory: StepMemory) {
        let (window, head) = tile.quotientAndRemainder(dividingBy: windowed.heads)
        let (size, width, products) = (scores.size, scores.width, scores.products)
        let queries = memory.scratch, keys = queries + positions * size, values = keys + positions * size
        let sums = values + positions * size, packedKeys = sums + positions * size
        let packedValues = packedKeys + windowed.size * width, found = packedValues + positions * size
        let statistics = found + positions * width
        for (part, rows) in [queries, keys, values].enumerated() {
            scores.gather(
                part, head: head, window: window, from: UnsafePointer(memory[input.value]), stride: input.stride,
                rowStride: input.shape.width * input.stride, to: rows)
        }
        products.pack(
            keys, rowStep: 1, columnStep: size, rows: windowed.size, columns: positions, to: packedKeys)
        products.pack(
            values, rowStep: size, columnStep: 1, rows: positions, columns: windowed.size, to: packedValues)
        scores.score(queries, packedKeys, head: head, window: window, to: found)
        var softmax = gk_softmax()
        softmax.scores = found
        softmax.stride = width
        softmax.rows = positions
        softmax.count = positions
        softmax.scale = windowed.scale
        softmax.most = statistics
        softmax.sum = statistics + positions
        softmax.out = sums
        softmax.out_stride = size
        memory.kernels.pointee.softmax(&softmax)
        products.multiply(
            found, stride: width, depth: positions, packedValues, columns: windowed.size, rows: positions, to: sums,
            stride: size)
        softmax.count = windowed.size
        memory.kernels.pointee.softmax_finish(&softmax, queries, size)
        let channels = output.shape.channels
        for position in 0..<positions {
            guard
                let offset = scores.offset(
                    position, in: window, stride: output.stride, rowStride: output.shape.width * output.stride)
            else { continue }
            let target = memory[output.value] + offset
            (target + head * windowed.size).update(from: queries + position * size, count: windowed.size)
            guard head == windowed.heads - 1 else { continue }
            (target + channels).update(repeating: 0, count: output.stride - channels)
        }
    }
}
