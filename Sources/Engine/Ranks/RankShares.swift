/// Which images of a batch each rank takes through the training steps.
///
/// Bounds are such that no chunk of a stretch lies on two ranks (`BatchCut`): chunks are what sums are made of, and their
/// number does not depend on that of the ranks.
package struct RankShares: Sendable, Hashable {
    /// One a rank; the last ones are empty where there are more ranks than chunks.
    package let images: [Range<Int>]
    /// The ranks that have each block's chunks, if some blocks lie on several; nil where every rank has whole blocks.
    package let blocks: [Range<Int>]?

    package init(batch: Int, ranks: Int) {
        let cut = BatchCut(batch)
        guard ranks > cut.blocks, cut.chunks > 1 else {
            let busy = max(1, min(ranks, cut.blocks))
            func bound(_ rank: Int) -> Int {
                cut.blocks > 0 ? min(rank, busy) * cut.blocks / busy * batch / cut.blocks : 0
            }
            images = (0..<ranks).map { bound($0)..<bound($0 + 1) }
            blocks = nil
            return
        }
        let busy = min(ranks, cut.count)
        var images: [Range<Int>] = [], blocks: [Range<Int>] = []
        for block in 0..<cut.blocks {
            let members = block * busy / cut.blocks..<(block + 1) * busy / cut.blocks
            func bound(_ member: Int) -> Int {
                (block * cut.chunks + member * cut.chunks / members.count) * batch / cut.count
            }
            images += members.indices.map { bound($0 - members.lowerBound)..<bound($0 - members.lowerBound + 1) }
            blocks.append(members)
        }
        // Who has nothing passes on what comes.
        for rank in busy..<ranks {
            images.append(batch..<batch)
            blocks.append(rank..<rank + 1)
        }
        self.images = images
        self.blocks = blocks
    }

    /// - Returns: one a rank.
    package static func images(of batch: Int, ranks: Int) -> [Range<Int>] {
        RankShares(batch: batch, ranks: ranks).images
    }
}
