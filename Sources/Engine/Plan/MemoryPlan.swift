/// Where each value lies in a workspace's arena: values whose lifetimes overlap do not.
struct MemoryPlan: Sendable {
    /// In floats; nil for the caller's image and result.
    let offsets: [Int?]
    /// Floats of the arena.
    let size: Int

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
        let lives = program.sizes.indices.map { value -> Life? in
            guard value != program.input, value != program.output, dies[value] >= 0 else { return nil }
            return Life(size: program.sizes[value], born: born[value], dies: dies[value])
        }
        self.init(lives)
    }

    /// A value's size in floats, and the first and the last step that it is there for.
    struct Life: Sendable {
        var size: Int
        var born: Int
        var dies: Int
    }

    /// Places the largest values first, each at the lowest address that is free during its life.
    /// - Parameter lives: nil for values that need no place.
    init(_ lives: [Life?]) {
        var offsets = [Int?](repeating: nil, count: lives.count)
        var placed: [(life: Life, range: Range<Int>)] = []
        var size = 0
        let order = lives.enumerated().compactMap { index, life in life.map { (index, $0) } }
            .sorted { ($0.1.size, $1.0) > ($1.1.size, $0.0) }
        for (value, life) in order {
            // A cache line's multiple keeps tiles of different threads apart.
            let count = (life.size + 15) / 16 * 16
            let rivals = placed.filter { $0.life.born <= life.dies && life.born <= $0.life.dies }
                .sorted { $0.range.lowerBound < $1.range.lowerBound }
            var start = 0
            for rival in rivals where rival.range.lowerBound < start + count {
                start = max(start, rival.range.upperBound)
            }
            placed.append((life, start..<start + count))
            offsets[value] = start
            size = max(size, start + count)
        }
        self.offsets = offsets
        self.size = size
    }
}
