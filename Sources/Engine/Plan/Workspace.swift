import Synchronization

/// The memory of one image on its way through a plan, and the counters of which tiles are taken. One image uses it at a
/// time.
final class Workspace: @unchecked Sendable {
    private let arena: FloatBuffer
    private let scratch: FloatBuffer
    private let scratchCount: Int
    private let values: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    private let program: Program
    private let progress: Progress

    init(_ program: Program, memory: MemoryPlan, threads: Int) {
        self.program = program
        arena = FloatBuffer(uninitialized: memory.size)
        let most = program.steps.map(\.scratch).max() ?? 0
        scratchCount = (most + 15) / 16 * 16
        scratch = FloatBuffer(uninitialized: scratchCount * threads)
        progress = Progress(steps: program.steps.count, threads: threads)
        values = .allocate(capacity: program.sizes.count)
        for (value, offset) in memory.offsets.enumerated() {
            (values + value).initialize(to: arena.pointer + (offset ?? 0))
        }
    }

    deinit { values.deallocate() }

    /// Says where the caller's image and result are.
    private func bind(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
        // Steps only read the image: nothing writes value `input`.
        values[program.input] = UnsafeMutablePointer(mutating: input)
        values[program.output] = output
    }

    /// Where a value lies.
    func address(of operand: Operand) -> UnsafePointer<Float> { UnsafePointer(values[operand.value]) }

    private func memory(thread: Int, of threads: Int, _ kernels: KernelSet) -> StepMemory {
        StepMemory(
            kernels: kernels.table, byteKernels: kernels.bytes.table, pairKernels: kernels.pairs.table,
            values: values,
            scratch: scratch.pointer + thread * scratchCount, threads: threads)
    }

    /// Runs some steps on this thread alone.
    func run(_ steps: Range<Int>, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, kernels: KernelSet)
    {
        bind(input: input, output: output)
        let memory = memory(thread: 0, of: 1, kernels)
        for index in steps {
            let step = program.steps[index]
            for tile in 0..<step.tiles(threads: 1) { step.run(tile: tile, memory) }
        }
    }

    /// Runs every step, its tiles claimed by up to `threads` threads; `finished` is told of each step when it is done.
    func run(
        input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, kernels: KernelSet, threads: Int,
        finished: ((Int) -> Void)? = nil
    ) {
        bind(input: input, output: output)
        progress.reset()
        ThreadPool.shared.run(threads: threads) { thread in
            let memory = memory(thread: thread, of: threads, kernels)
            for (index, step) in program.steps.enumerated() {
                guard ThreadPool.shared.keeps(thread, of: threads) else { return }
                progress.share(step: index, tiles: step.tiles(threads: threads), thread: thread) { tile in
                    step.run(tile: tile, memory)
                }
                if thread == 0, let finished { finished(index) }
            }
        }
    }
}
