/// The memory of one image on its way through a plan. One thread group uses it at a time.
final class Workspace: @unchecked Sendable {
    private let arena: FloatBuffer
    private let scratch: FloatBuffer
    private let scratchCount: Int
    private let values: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    private let program: Program

    init(_ program: Program, memory: MemoryPlan, threads: Int) {
        self.program = program
        arena = FloatBuffer(count: memory.size)
        let most = program.steps.map(\.scratch).max() ?? 0
        scratchCount = (most + 15) / 16 * 16
        scratch = FloatBuffer(count: scratchCount * threads)
        values = .allocate(capacity: program.sizes.count)
        for (value, offset) in memory.offsets.enumerated() {
            (values + value).initialize(to: arena.pointer + (offset ?? 0))
        }
    }

    deinit { values.deallocate() }

    /// Says where the caller's image and result are.
    func bind(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
        // Steps only read the image: nothing writes value `input`.
        values[program.input] = UnsafeMutablePointer(mutating: input)
        values[program.output] = output
    }

    /// What `thread`'s tiles see.
    func memory(thread: Int, kernels: KernelSet) -> StepMemory {
        StepMemory(kernels: kernels.table, values: values, scratch: scratch.pointer + thread * scratchCount)
    }
}
