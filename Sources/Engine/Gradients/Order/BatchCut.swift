/// How a batch is cut for its sums: into blocks of chunks. A chunk is what one thread takes through a stretch; chunks are added up in
/// their order within a block, and blocks in theirs. Both numbers depend on sizes alone: so do the sums' roundings.
struct BatchCut: Sendable, Hashable {
    let batch: Int
    let blocks: Int
    /// Of each block.
    let chunks: Int

    /// The whole batch at once.
    init(whole batch: Int) {
        self.batch = batch
        blocks = 1
        chunks = 1
    }

    /// - Parameter isFine: whether sums are so small that more of them cost nothing.
    init(_ batch: Int, isFine: Bool = false) {
        self.batch = batch
        chunks = max(1, min(Self.most, batch / Self.batchOfSingleChunks))
        // Where a block is cut, its chunks are fine enough.
        blocks = min(batch, isFine && chunks == 1 ? 2 * Self.most : Self.most)
    }

    /// Blocks, and chunks of each, unless sums are small.
    private static let most = 8
    /// Up to twice as many images, a block is a chunk: 8 images of a chunk are enough for its sums to cost little beside computing.
    private static let batchOfSingleChunks = 64

    /// Chunks of all blocks.
    var count: Int { blocks * chunks }

    /// Images of the largest chunk.
    var largest: Int { (batch + count - 1) / count }

    /// The images of a chunk. The bounds of a coarser cut's chunks are among those of a finer one's.
    func images(_ chunk: Int) -> Range<Int> { chunk * batch / count..<(chunk + 1) * batch / count }

    /// The chunks that begin among these images.
    func chunks(in images: Range<Int>) -> Range<Int> {
        let found = (0..<count).filter { images.contains($0 * batch / count) }
        return (found.first ?? 0)..<(found.last.map { $0 + 1 } ?? 0)
    }
}
