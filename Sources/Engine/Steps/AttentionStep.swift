import CKernels
import Zoo

/// Scaled dot-product attention: a tile is a head and some queries. Scores are made for some queries and keys at a time, and
/// become weights where they stand; a later block of keys corrects what the ones before added up.
struct AttentionStep: Step, Sendable {
    let name: String
    let inputs: [Operand]
    let output: Operand
    let geometry: AttentionGeometry
    let products: AttentionProducts

    /// Queries and keys at a time: their scores, and the queries' sums, stay in the second-level cache.
    private static let queryBlock = 64
    private static let keyBlock = 1024

    init(name: String, inputs: [Operand], output: Operand, attention: Attention, target: Target) {
        self.name = name
        self.inputs = inputs
        self.output = output
        geometry = AttentionGeometry(
            attention, channels: inputs.map(\.shape.channels), queries: output.shape.pixels,
            keys: inputs[inputs.count - 1].shape.pixels)
        products = AttentionProducts(columns: max(geometry.size, min(geometry.keys, Self.keyBlock)), target)
    }

    var kind: String { "attention" }
    var multiplyAdds: Int { geometry.multiplyAdds }
    var memoryAccesses: Int { inputs.reduce(output.count) { $0 + $1.count } }
    var reads: [Int] { inputs.map(\.value) }
    var writes: [Int] { [output.value] }

    private var kernels: KernelSet { products.kernels }
    private var lanes: Int { kernels.lanes }
    private var keyBlocks: [Range<Int>] {
        let count = (geometry.keys + Self.keyBlock - 1) / Self.keyBlock
        return (0..<count).map { $0 * geometry.keys / count..<($0 + 1) * geometry.keys / count }
    }
    private var widestBlock: Int { kernels.padded(keyBlocks.map(\.count).max() ?? 0) }
    private var paddedSize: Int { kernels.padded(geometry.size) }
    private var packedKeys: Int { geometry.size * keyBlocks.reduce(0) { $0 + kernels.padded($1.count) } }
    private var packedValues: Int { geometry.keys * paddedSize }

    /// Parts that a head's queries are cut into, so that the threads have as many tiles each.
    private func parts(threads: Int) -> Int {
        let most = max(1, geometry.queries / 32)
        return (1...most).first { geometry.heads * $0 % threads == 0 || geometry.heads * $0 >= 4 * threads } ?? most
    }

    func tiles(threads: Int) -> Int { geometry.heads * parts(threads: threads) }

    var scratch: Int {
        packedKeys + packedValues + Self.queryBlock * (widestBlock + paddedSize + 2)
    }

    func run(tile: Int, _ memory: StepMemory) {
        let parts = parts(threads: memory.threads), head = tile / parts
        let keys = memory.scratch, values = keys + packedKeys, scores = values + packedValues
        let sums = scores + Self.queryBlock * widestBlock, most = sums + Self.queryBlock * paddedSize
        pack(head, keys: keys, values: values, memory)
        let queries = source(0, head, memory)
        let rows = range(tile % parts, of: parts, in: geometry.queries)
        // As even as can be: none is left with a row or two.
        let blocks = (rows.count + Self.queryBlock - 1) / Self.queryBlock
        for block in 0..<blocks {
            let part = range(block, of: blocks, in: rows.count), first = rows.lowerBound + part.lowerBound
            let count = part.count
            var softmax = gk_softmax()
            softmax.scores = scores
            softmax.rows = count
            softmax.scale = geometry.scale
            softmax.most = most
            softmax.sum = most + Self.queryBlock
            softmax.out = sums
            softmax.out_stride = paddedSize
            softmax.vectors = paddedSize / lanes
            var nextKeys = UnsafePointer(keys), nextValues = UnsafePointer(values)
            for block in keyBlocks {
                let width = kernels.padded(block.count)
                products.multiply(
                    queries.pointer + first * queries.stride, stride: queries.stride, depth: geometry.size, nextKeys,
                    columns: block.count, rows: count, to: scores, stride: width)
                softmax.stride = width
                softmax.count = block.count
                softmax.continues = block.lowerBound > 0 ? 1 : 0
                memory.kernels.pointee.softmax(&softmax)
                products.multiply(
                    UnsafePointer(scores), stride: width, depth: block.count, nextValues, columns: geometry.size,
                    rows: count, to: sums, stride: paddedSize, adds: block.lowerBound > 0)
                nextKeys += geometry.size * width
                nextValues += block.count * paddedSize
            }
            softmax.count = geometry.size
            memory.kernels.pointee.softmax_finish(
                &softmax, memory[output.value] + first * output.stride + head * geometry.size, output.stride)
        }
        clearPadding(rows, head, memory)
    }

    private func source(
        _ part: Int, _ head: Int, _ memory: StepMemory
    ) -> (pointer: UnsafePointer<Float>, stride: Int) {
        let (operand, channel) = geometry.place(part, head: head)
        return (UnsafePointer(memory[inputs[operand].value] + channel), inputs[operand].stride)
    }

    /// A head's keys as columns, and its values as rows, block after block.
    private func pack(
        _ head: Int, keys: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>, _ memory: StepMemory
    ) {
        let (key, keyStride) = source(1, head, memory), (value, valueStride) = source(2, head, memory)
        var nextKeys = keys, nextValues = values
        for block in keyBlocks {
            products.pack(
                key + block.lowerBound * keyStride, rowStep: 1, columnStep: keyStride, rows: geometry.size,
                columns: block.count, to: nextKeys)
            products.pack(
                value + block.lowerBound * valueStride, rowStep: valueStride, columnStep: 1, rows: block.count,
                columns: geometry.size, to: nextValues)
            nextKeys += geometry.size * kernels.padded(block.count)
            nextValues += block.count * paddedSize
        }
    }

    /// The last head leaves zeros behind the channels.
    private func clearPadding(_ rows: Range<Int>, _ head: Int, _ memory: StepMemory) {
        let channels = output.shape.channels
        guard head == geometry.heads - 1, channels < output.stride else { return }
        for row in rows {
            (memory[output.value] + row * output.stride + channels).update(
                repeating: 0, count: output.stride - channels)
        }
    }
}
