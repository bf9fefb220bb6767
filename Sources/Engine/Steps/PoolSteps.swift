import CKernels
import Zoo

/// Pooling over a sliding window, by output rows.
struct WindowStep: Step {
    let name: String
    let input: Operand
    let output: Operand
    let pool: Pool
    let window: WindowGeometry
    let lanes: Int

    init(name: String, input: Operand, output: Operand, pool: Pool, kernels: KernelSet) {
        self.name = name
        self.input = input
        self.output = output
        self.pool = pool
        lanes = kernels.lanes
        window = WindowGeometry(
            kernel: pool.kernel, stride: pool.stride, padding: pool.padding, input: input.shape, output: output.shape)
    }

    var kind: String { "pool" }
    var multiplyAdds: Int { 0 }
    func tiles(threads: Int) -> Int { threads == 1 ? 1 : min(8, output.shape.height) }
    var scratch: Int { 0 }
    var memoryAccesses: Int { input.count * pool.kernel.height * pool.kernel.width }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let image = UnsafePointer(memory[input.value])
        for row in range(tile, of: tiles(threads: memory.threads), in: output.shape.height) {
            withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: pool.kernel.height) { taps in
                var count = 0
                for tap in 0..<pool.kernel.height {
                    guard let inside = window.inputRow(row, tap: tap) else { continue }
                    taps[count] = image + inside * input.shape.width * input.stride
                    count += 1
                }
                var arguments = gk_window()
                arguments.rows = UnsafePointer(taps.baseAddress)
                arguments.row_count = count
                arguments.pixel_stride = input.stride
                arguments.input_width = input.shape.width
                arguments.out = memory[output.value] + row * output.shape.width * output.stride
                arguments.out_stride = output.stride
                arguments.width = output.shape.width
                arguments.vectors = output.stride / lanes
                arguments.first_column = -window.before.width
                arguments.kernel_width = pool.kernel.width
                arguments.stride = pool.stride.width
                arguments.divisor =
                    switch pool.kind {
                    case .max: 0
                    case .average(countsPadding: true): pool.kernel.height * pool.kernel.width
                    case .average(countsPadding: false): -1
                    }
                memory.kernels.pointee.window(&arguments)
            }
        }
    }
}

/// The means of the cells of a grid, by rows of it.
struct GridStep: Step {
    let name: String
    let input: Operand
    let output: Operand
    let lanes: Int

    var kind: String { "grid pool" }
    var multiplyAdds: Int { 0 }
    func tiles(threads: Int) -> Int { threads == 1 ? 1 : min(8, output.shape.height) }
    var scratch: Int { 0 }
    // Cells overlap by a row and a column at most.
    var memoryAccesses: Int { 2 * input.count + output.count }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let image = UnsafePointer(memory[input.value])
        for row in range(tile, of: tiles(threads: memory.threads), in: output.shape.height) {
            let rows = Zoo.Operation.range(ofCell: row, of: output.shape.height, in: input.shape.height)
            withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: rows.count) { taps in
                for (index, y) in rows.enumerated() { taps[index] = image + y * input.shape.width * input.stride }
                var arguments = gk_window()
                arguments.rows = UnsafePointer(taps.baseAddress)
                arguments.row_count = rows.count
                arguments.pixel_stride = input.stride
                arguments.input_width = input.shape.width
                arguments.out_stride = output.stride
                arguments.width = 1
                arguments.stride = 1
                arguments.vectors = output.stride / lanes
                arguments.divisor = -1
                for column in 0..<output.shape.width {
                    let columns = Zoo.Operation.range(ofCell: column, of: output.shape.width, in: input.shape.width)
                    arguments.first_column = columns.lowerBound
                    arguments.kernel_width = columns.count
                    arguments.out = memory[output.value] + (row * output.shape.width + column) * output.stride
                    memory.kernels.pointee.window(&arguments)
                }
            }
        }
    }
}

/// Pooling over all pixels, by channels.
struct GlobalStep: Step {
    let name: String
    /// The image, or the sums of its rows.
    let input: Operand
    /// What a mean divides by.
    let divisor: Int
    let output: Operand
    let pool: GlobalPool
    let lanes: Int

    var kind: String { "global pool" }
    var multiplyAdds: Int { 0 }
    func tiles(threads: Int) -> Int { threads == 1 ? 1 : min(8, output.stride / lanes) }
    var scratch: Int { 0 }
    var memoryAccesses: Int { input.count }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let vectors = range(tile, of: tiles(threads: memory.threads), in: output.stride / lanes)
        var arguments = gk_global()
        arguments.in = UnsafePointer(memory[input.value]) + vectors.lowerBound * lanes
        arguments.pixel_stride = input.stride
        arguments.pixels = input.shape.pixels
        arguments.divisor = divisor
        arguments.vectors = vectors.count
        arguments.out = memory[output.value] + vectors.lowerBound * lanes
        switch pool {
        case .average: arguments.kind = Int32(GK_GLOBAL_MEAN)
        case .max: arguments.kind = Int32(GK_GLOBAL_MAX)
        case .generalizedMean(let power):
            arguments.kind = Int32(GK_GLOBAL_POWER)
            arguments.power = power
        }
        memory.kernels.pointee.global(&arguments)
    }
}
