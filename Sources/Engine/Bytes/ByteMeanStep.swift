import CKernels
import Zoo

/// The mean over all pixels of bytes, as bytes or float32.
struct ByteMeanStep: Step {
    let name: String
    let input: Operand
    let inputRange: ByteRange
    /// The sums of the input's rows, where its maker left them.
    let sums: Operand?
    let output: Operand
    /// nil for float32.
    let made: ByteRange?
    let lanes: Int

    var kind: String { "int8 mean" }
    var multiplyAdds: Int { 0 }
    /// Parts of 16 channels.
    private var parts: Int { ByteKernels.padded(input.shape.channels) / 16 }
    func tiles(threads: Int) -> Int { threads == 1 ? 1 : min(2 * threads, parts) }
    var scratch: Int { ByteKernels.padded(input.shape.channels) }
    var memoryAccesses: Int { sums?.count ?? input.count / 4 }
    var reads: [Int] { [(sums ?? input).value] }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let some = range(tile, of: tiles(threads: memory.threads), in: parts)
        let channels = some.lowerBound * 16..<some.upperBound * 16
        let totals = UnsafeMutableRawPointer(memory.scratch).assumingMemoryBound(to: Int32.self)
        (totals + channels.lowerBound).update(repeating: 0, count: channels.count)
        if let sums {
            let rows = UnsafeMutableRawPointer(memory[sums.value]).assumingMemoryBound(to: Int32.self)
            for row in 0..<input.shape.height {
                let start = rows + row * sums.stride
                for channel in channels { totals[channel] &+= start[channel] }
            }
        } else {
            add(some, to: totals, memory)
        }
        let pixels = Float(input.shape.pixels), offset = Int32(input.shape.pixels) * Int32(inputRange.zero)
        if let made {
            let factor = inputRange.scale / (pixels * made.scale), zero = Float(made.zero)
            let bytes = memory.bytes(output.value)
            for channel in channels {
                let byte = (Float(totals[channel] &- offset) * factor).rounded(.toNearestOrEven) + zero
                bytes[channel] = UInt8(max(0, min(255, byte)))
            }
        } else {
            let factor = inputRange.scale / pixels, floats = memory[output.value]
            for channel in channels { floats[channel] = Float(totals[channel] &- offset) * factor }
        }
    }

    /// Adds up the pixels of parts of 16 channels.
    private func add(_ parts: Range<Int>, to totals: UnsafeMutablePointer<Int32>, _ memory: StepMemory) {
        var arguments = gk_byte_map()
        arguments.a_stride = input.stride
        arguments.pixels = input.shape.pixels
        for block in 0..<input.blocks {
            // The part of the block's channels that is wanted.
            let first = max(parts.lowerBound * 16, block * input.stride)
            let end = min(parts.upperBound * 16, (block + 1) * input.stride)
            guard first < end else { continue }
            arguments.vectors = (end - first) / lanes
            arguments.a = UnsafePointer(
                memory.bytes(input.value) + block * input.blockCount + first - block * input.stride)
            arguments.sums = totals + first
            memory.byteKernels.pointee.sums(&arguments)
        }
    }
}
