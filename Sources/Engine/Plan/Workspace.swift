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
        progress = Progress(steps: program.steps.count)
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

    private func memory(thread: Int, of threads: Int, _ kernels: KernelSet) -> StepMemory {
        StepMemory(
            kernels: kernels.table, values: values, scratch: scratch.pointer + thread * scratchCount, threads: threads)
    }

    /// Runs every step on this thread.
    func run(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, kernels: KernelSet) {
        bind(input: input, output: output)
        let memory = memory(thread: 0, of: 1, kernels)
        for step in program.steps {
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
                progress.share(step: index, tiles: step.tiles(threads: threads)) { tile in step.run(tile: tile, memory) }
                if thread == 0, let finished { finished(index) }
            }
        }
    }
}

/// Which tiles of which step are taken and done.
final class Progress: @unchecked Sendable {
    /// Two counters a step, taken and done, each on a cache line of its own.
    private let counters: UnsafeMutablePointer<Atomic<Int>>
    private let steps: Int
    private static let spacing = 16
    private let sleeper = Sleeper()

    init(steps: Int) {
        self.steps = steps
        counters = .allocate(capacity: max(1, steps * 2 * Self.spacing))
        for index in 0..<steps * 2 * Self.spacing { (counters + index).initialize(to: Atomic(0)) }
    }

    deinit {
        counters.deinitialize(count: steps * 2 * Self.spacing)
        counters.deallocate()
    }

    /// Nothing is taken. No thread may be at work.
    func reset() {
        for index in 0..<steps * 2 { counters[index * Self.spacing].store(0, ordering: .relaxed) }
    }

    /// Does tiles that nobody has taken, then waits until all are done.
    @inline(__always)
    func share(step: Int, tiles: Int, _ body: (Int) -> Void) {
        let taken = counters + step * 2 * Self.spacing, done = taken + Self.spacing
        while taken.pointee.load(ordering: .relaxed) < tiles {
            let tile = taken.pointee.add(1, ordering: .relaxed).oldValue
            guard tile < tiles else { break }
            body(tile)
            if done.pointee.add(1, ordering: .sequentiallyConsistent).newValue == tiles { sleeper.wake() }
        }
        sleeper.wait { done.pointee.load(ordering: .sequentiallyConsistent) == tiles }
    }
}
