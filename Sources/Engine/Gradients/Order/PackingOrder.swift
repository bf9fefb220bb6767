import Synchronization

/// When which matrices are packed: before the stretches that multiply by them, those of as many stretches at a time as one memory
/// holds. Packed all at once they would take twice what the parameters take.
struct PackingOrder: Sendable {
    private struct Item {
        let step: Int
        let direction: Direction
        let matrix: PackedWeights
        /// Floats into the memory.
        let offset: Int
    }

    private let steps: [any TrainingStep]
    /// By the number of the stretch before which they are packed: forward stretches, then backward ones. The largest come first.
    private var items: [Int: [Item]] = [:]
    /// Floats of the memory.
    private(set) var size = 0
    private let enough: Int

    /// - Parameter enough: floats to pack at a time. Fewer are packed more often, by threads that wait for each other; but what is
    ///   larger than a cache is read from memory again anyway.
    init(_ order: StepOrder, _ steps: [any TrainingStep], enough: Int) {
        self.steps = steps
        self.enough = enough
        collect(order.forward, from: 0)
        collect(order.backward, from: order.forward.count)
    }

    private mutating func collect(_ stretches: [Stretch], from first: Int) {
        var start = first, filled = 0
        var found: [Item] = []
        func sorted() -> [Item] {
            found.sorted { ($1.matrix.count, $0.step) < ($0.matrix.count, $1.step) }
        }
        for (number, stretch) in stretches.enumerated() {
            let wanted = matrices(of: stretch)
                .filter { new in !found.contains { $0.step == new.step && $0.direction == new.direction } }
            let more = wanted.reduce(0) { $0 + $1.matrix.count }
            if filled > 0, filled + more > enough {
                items[start] = sorted()
                (start, filled, found) = (first + number, 0, [])
            }
            for matrix in wanted {
                found.append(
                    Item(step: matrix.step, direction: matrix.direction, matrix: matrix.matrix, offset: filled))
                filled += matrix.matrix.count
            }
            size = max(size, filled)
        }
        items[start] = sorted()
    }

    private func matrices(of stretch: Stretch) -> [(step: Int, direction: Direction, matrix: PackedWeights)] {
        stretch.actions.compactMap { action in
            let direction: Direction
            switch action.kind {
            case .forward: direction = .forward
            case .backward: direction = .backward
            case .collect, .spread: return nil
            }
            return steps[action.step].matrix(direction).map { (action.step, direction, $0) }
        }
    }

    /// Packs what the stretch of that number and those after it need, if nothing has been packed for it yet.
    /// - Parameter memory: of `size` floats.
    func pack(before stretch: Int, _ values: [[Float]], in memory: UnsafeMutablePointer<Float>, threads: Int) {
        guard let items = items[stretch], !items.isEmpty else { return }
        for item in items { item.matrix.move(to: memory + item.offset) }
        let parts = items.flatMap { item in
            let panels = item.matrix.panelCount
            let count = steps[item.step].packsWhole ? 1 : min(panels, 1 + item.matrix.count / Self.part)
            return (0..<count).map { (item, $0 * panels / count..<($0 + 1) * panels / count) }
        }
        let next = Atomic<Int>(0)
        ThreadPool.shared.run(threads: min(threads, parts.count)) { _ in
            while case let index = next.add(1, ordering: .relaxed).oldValue, index < parts.count {
                let (item, panels) = parts[index]
                steps[item.step].pack(values, item.direction, panels)
            }
        }
    }

    /// Floats that one thread packs at a time, about.
    private static let part = 1 << 16
}

/// Which way a step goes.
enum Direction: Sendable { case forward, backward }
