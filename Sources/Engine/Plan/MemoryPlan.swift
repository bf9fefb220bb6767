/// Where each value lies in a workspace's arena: values whose lifetimes overlap do not.
struct MemoryPlan: Sendable {
    /// In floats; nil for the caller's image and result.
    let offsets: [Int?]
    /// Floats of the arena.
    let size: Int

    /// Places the largest values first, each at the lowest address that is free during its life.
    init(_ program: Program) {
        var born = [Int](repeating: Int.max, count: program.sizes.count)
        var dies = [Int](repeating: -1, count: program.sizes.count)
        for (index, step) in program.steps.enumerated() {
            for value in step.writes {
                born[value] = min(born[value], index)
                dies[value] = max(dies[value], index)
            }
            for value in step.reads { dies[value] = max(dies[value], index) }
        }
        var offsets = [Int?](repeating: nil, count: program.sizes.count)
        var placed: [(value: Int, range: Range<Int>)] = []
        var size = 0
        for value in program.sizes.indices.sorted(by: { program.sizes[$0] > program.sizes[$1] })
        where value != program.input && value != program.output && dies[value] >= 0 {
            // A cache line's multiple keeps tiles of different threads apart.
            let count = (program.sizes[value] + 15) / 16 * 16
            let rivals = placed.filter { born[$0.value] <= dies[value] && born[value] <= dies[$0.value] }
                .sorted { $0.range.lowerBound < $1.range.lowerBound }
            var start = 0
            for rival in rivals where rival.range.lowerBound < start + count {
                start = max(start, rival.range.upperBound)
            }
            placed.append((value, start..<start + count))
            offsets[value] = start
            size = max(size, start + count)
        }
        self.offsets = offsets
        self.size = size
    }
}
