/// Small steps that one thread does one after the other: sharing them would cost more than it saves.
struct SequenceStep: Step {
    let steps: [any Step]

    var reads: [Int] { steps.flatMap(\.reads) }
    var writes: [Int] { steps.flatMap(\.writes) }
    var name: String { steps.first?.name ?? "" }
    var kind: String { steps.map(\.kind).joined(separator: ", ") }
    var multiplyAdds: Int { steps.reduce(0) { $0 + $1.multiplyAdds } }
    var memoryAccesses: Int { steps.reduce(0) { $0 + $1.memoryAccesses } }
    var scratch: Int { steps.map(\.scratch).max() ?? 0 }
    func tiles(threads: Int) -> Int { 1 }

    func run(tile: Int, _ memory: StepMemory) {
        let alone = StepMemory(
            kernels: memory.kernels, byteKernels: memory.byteKernels, pairKernels: memory.pairKernels,
            values: memory.values, scratch: memory.scratch, threads: 1)
        for step in steps {
            for tile in 0..<step.tiles(threads: 1) { step.run(tile: tile, alone) }
        }
    }
}
