import CKernels
import Zoo

/// Float32 to bytes.
struct QuantizeStep: Step {
    let name: String
    let input: Operand
    let output: Operand
    let inputRange: ByteRange

    var kind: String { "to int8" }
    var multiplyAdds: Int { 0 }
    func tiles(threads: Int) -> Int { threads == 1 ? 1 : max(1, min(8, output.count / 4096)) }
    var scratch: Int { 0 }
    var memoryAccesses: Int { input.count + output.count / 4 }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let pixels = range(tile, of: tiles(threads: memory.threads), in: output.shape.pixels)
        let source = memory[input.value], target = memory.bytes(output.value)
        func quantize(_ from: Int, _ to: Int, _ count: Int) {
            memory.byteKernels.pointee.quantize(
                source + from, target + to, count, 1 / inputRange.scale, Int(inputRange.zero))
        }
        if input.blocks == 1, input.stride == output.stride {
            return quantize(
                pixels.lowerBound * input.stride, pixels.lowerBound * output.stride, pixels.count * input.stride)
        }
        for pixel in pixels {
            for block in 0..<input.blocks {
                let first = block * input.stride
                // Whole vectors, where there are.
                let count = min(input.stride, ByteKernels.padded(input.shape.channels - first), output.stride - first)
                quantize(block * input.blockCount + pixel * input.stride, pixel * output.stride + first, count)
            }
        }
    }
}

/// Functions of bytes, pixel by pixel.
struct ByteMapStep: Step, @unchecked Sendable {
    enum Function {
        /// To float32.
        case dequantize
        /// Times the second operand's value of the channel.
        case scale
        case add
    }

    let name: String
    let map: Function
    let input: Operand
    let inputRange: ByteRange
    let second: (operand: Operand, range: ByteRange)?
    let output: Operand
    /// nil for float32.
    let function: ByteFunction?
    let lanes: Int

    var kind: String {
        switch map {
        case .dequantize: "from int8"
        case .scale: "int8 scale"
        case .add: "int8 add"
        }
    }
    var multiplyAdds: Int { 0 }
    func tiles(threads: Int) -> Int { threads == 1 ? 1 : max(1, min(8, output.count / 8192)) }
    var scratch: Int { input.blocks * input.stride }
    var memoryAccesses: Int { (input.count + output.count) / 4 }
    var reads: [Int] { [input.value] + (second.map { [$0.operand.value] } ?? []) }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let pixels = range(tile, of: tiles(threads: memory.threads), in: output.shape.pixels)
        var arguments = gk_byte_map()
        arguments.a_stride = input.stride
        arguments.pixels = pixels.count
        arguments.out_stride = output.stride
        arguments.a_zero = Int(inputRange.zero)
        arguments.a_scale = inputRange.scale
        if let function {
            arguments.zero = Int(function.made.zero)
            arguments.table = function.table
        }
        if case .scale = map, let second, let function {
            // Products of the same floats on every processor.
            let factor = min(inputRange.scale * second.range.scale / function.made.scale, ByteRange.mostRatio / 256)
            let gates = memory.bytes(second.operand.value)
            for channel in 0..<input.blocks * input.stride {
                memory.scratch[channel] =
                    channel < second.operand.stride
                    ? Float(Int(gates[channel]) - Int(second.range.zero)) * factor : 0
            }
        }
        for block in 0..<input.blocks {
            let channels = min(input.stride, input.shape.channels - block * input.stride)
            arguments.vectors = (channels + lanes - 1) / lanes
            arguments.a = UnsafePointer(
                memory.bytes(input.value) + block * input.blockCount + pixels.lowerBound * input.stride)
            switch map {
            case .dequantize:
                arguments.floats = memory[output.value] + pixels.lowerBound * output.stride + block * input.stride
                arguments.floats_stride = output.stride
                memory.byteKernels.pointee.dequantize(&arguments)
            case .scale:
                arguments.out =
                    memory.bytes(output.value) + block * output.blockCount + pixels.lowerBound * output.stride
                arguments.factors = UnsafePointer(memory.scratch) + block * input.stride
                memory.byteKernels.pointee.scale(&arguments)
            case .add:
                guard let second, let function else { continue }
                arguments.out = memory.bytes(output.value) + pixels.lowerBound * output.stride
                arguments.b = UnsafePointer(
                    memory.bytes(second.operand.value) + pixels.lowerBound * second.operand.stride)
                arguments.b_stride = second.operand.stride
                arguments.a_scale = inputRange.ratio(to: function.made)
                arguments.b_scale = second.range.ratio(to: function.made)
                arguments.offset =
                    -(Float(inputRange.zero) * arguments.a_scale + Float(second.range.zero) * arguments.b_scale)
                memory.byteKernels.pointee.add(&arguments)
            }
        }
    }
}

/// The maximum over a sliding window of bytes, by output rows.
struct ByteWindowStep: Step {
    let name: String
    let input: Operand
    let output: Operand
    let window: WindowGeometry
    let lanes: Int

    init(name: String, input: Operand, output: Operand, pool: Pool, lanes: Int) {
        self.name = name
        self.input = input
        self.output = output
        self.lanes = lanes
        window = WindowGeometry(
            kernel: pool.kernel, stride: pool.stride, padding: pool.padding, input: input.shape, output: output.shape)
    }

    var kind: String { "int8 pool" }
    var multiplyAdds: Int { 0 }
    func tiles(threads: Int) -> Int { threads == 1 ? 1 : min(8, output.shape.height) }
    var scratch: Int { 0 }
    var memoryAccesses: Int { input.count * window.kernel.height * window.kernel.width / 4 }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let image = UnsafePointer(memory.bytes(input.value))
        for row in range(tile, of: tiles(threads: memory.threads), in: output.shape.height) {
            withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: window.kernel.height) { taps in
                var count = 0
                for tap in 0..<window.kernel.height {
                    guard let inside = window.inputRow(row, tap: tap) else { continue }
                    taps[count] = image + inside * input.shape.width * input.stride
                    count += 1
                }
                var arguments = gk_byte_window()
                arguments.rows = UnsafePointer(taps.baseAddress)
                arguments.row_count = count
                arguments.pixel_stride = input.stride
                arguments.input_width = input.shape.width
                arguments.out = memory.bytes(output.value) + row * output.shape.width * output.stride
                arguments.out_stride = output.stride
                arguments.width = output.shape.width
                arguments.vectors = min(input.stride, output.stride) / lanes
                arguments.first_column = -window.before.width
                arguments.kernel_width = window.kernel.width
                arguments.stride = window.stride.width
                memory.byteKernels.pointee.largest(&arguments)
            }
        }
    }
}
