/// A part of a pass that every image goes through without looking at the others.
struct Stretch: Sendable {
    var actions: [Action] = []
    /// Whether one thread does the whole batch at once.
    var isWhole = false
    /// Floats of a thread's memory for one image.
    var threadSize = 0
    /// Floats in which a chunk's findings are added up.
    var sums = 0

    func cut(of batch: Int) -> BatchCut {
        isWhole ? BatchCut(whole: batch) : BatchCut(batch, isFine: sums <= 1 << 15)
    }

    /// The tensors that its actions write.
    var written: Set<Int> {
        var written: Set<Int> = []
        for action in actions {
            switch action.kind {
            // The result is the last.
            case .forward: if let made = action.values.last { written.insert(made.tensor) }
            case .collect: break
            case .backward, .spread:
                written.formUnion(action.gradients.map(\.tensor))
                written.formUnion(action.addends.map(\.target))
            }
        }
        return written
    }

    /// The tensors that its actions read or write.
    var touched: Set<Int> { Set(actions.flatMap(\.tensors)) }

    /// How many images a thread takes through the stretch at a time: as many as its cache holds.
    func group(of chunk: Int) -> Int {
        isWhole ? chunk : max(1, min(chunk, Self.cache / max(1, threadSize)))
    }

    /// Floats.
    private static let cache = 1 << 18
}

/// A step's part in a stretch.
struct Action: Sendable {
    enum Kind: Sendable { case forward, collect, backward, spread }

    let kind: Kind
    /// Its index.
    let step: Int
    /// Nodes and the tensors that hold their values and gradients.
    var values: [(node: Int, tensor: Int)] = []
    var gradients: [(node: Int, tensor: Int)] = []
    /// Tensors that it writes and whose margins are to be cleared first.
    var cleared: [Int] = []
    /// Gradients that are added to ones that are there: first made in a place of their own.
    var addends: [(tensor: Int, target: Int)] = []
    /// Whether the step itself adds.
    var adds = false
    /// Where its sums begin.
    var sums = 0

    /// All that it reads or writes.
    var tensors: [Int] { values.map(\.tensor) + gradients.map(\.tensor) + addends.map(\.target) }
}

/// A value or a gradient, for each image of a batch.
struct StoredTensor: Sendable {
    let layout: Layout
    /// Whether it outlives a stretch: then it has a place for the whole batch, else in the memory of a thread.
    var isKept = false
    /// In floats, for one image: times the number of images.
    var offset = 0
}
