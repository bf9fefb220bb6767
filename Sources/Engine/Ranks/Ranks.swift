package import Zoo

/// One of several processes that train one model together, and what it needs of the others.
///
/// All of them make the same calls in the same order: every call waits for the others. What it leaves is the same in all of
/// them, bit for bit, and does not depend on how many they are.
package protocol Ranks: Sendable {
    /// This process's number, from 0.
    var rank: Int { get }
    /// How many there are, at least 2.
    var count: Int { get }

    /// Lets every rank, in their order, add its part to what those before it have made of `bytes`; all end with what the last
    /// one makes.
    /// - Parameters:
    ///   - bytes: on the first rank (of every block) what to begin with; on the others it is written over.
    ///   - blocks: neighbouring ranks, of all, who add among themselves; what the blocks have come to is then joined in their
    ///     order. Nil for all ranks in one row, where nothing is joined.
    ///   - atOnce: whether `add` is called once for all bytes; else for pieces of them whose bounds are multiples of 64.
    ///   - add: changes a range of `bytes` in place.
    ///   - join: puts what the blocks before this one have come to before a range of `bytes`, in place. The pointer is to that
    ///     range; nil for the first block.
    func fold(
        _ bytes: UnsafeMutableRawBufferPointer, blocks: [Range<Int>]?, atOnce: Bool, add: (Range<Int>) -> Void,
        join: (UnsafeRawPointer?, Range<Int>) -> Void)

    /// Fills in what the others have.
    /// - Parameter parts: of `bytes`, one a rank: what that rank has.
    func gather(_ bytes: UnsafeMutableRawBufferPointer, parts: [Range<Int>])
}

extension Ranks {
    /// The same for all ranks in one row.
    package func fold(_ bytes: UnsafeMutableRawBufferPointer, atOnce: Bool, _ add: (Range<Int>) -> Void) {
        fold(bytes, blocks: nil, atOnce: atOnce, add: add) { _, _ in }
    }

    /// What every rank has to say, in their order.
    package func gather(_ message: [UInt8]) -> [[UInt8]] {
        var lengths = [Int](repeating: 0, count: count)
        lengths[rank] = message.count
        lengths.withUnsafeMutableBytes { bytes in
            gather(bytes, parts: (0..<count).map { $0 * 8..<($0 + 1) * 8 })
        }
        var parts: [Range<Int>] = []
        for length in lengths {
            let start = parts.last?.upperBound ?? 0
            parts.append(start..<start + length)
        }
        let total = parts.last?.upperBound ?? 0
        let own = parts[rank]
        var all = [UInt8](repeating: 0, count: total)
        all.replaceSubrange(own, with: message)
        all.withUnsafeMutableBytes { gather($0, parts: parts) }
        return parts.map { Array(all[$0]) }
    }

    /// Rows that each rank has some of, so that all have all of them.
    /// - Parameters:
    ///   - rows: `[N]` rows of `width` values; of this rank, those of its share.
    ///   - shares: which rows each rank has.
    package func gather(_ rows: inout [Float], width: Int, shares: [Range<Int>]) {
        let size = width * MemoryLayout<Float>.stride
        rows.withUnsafeMutableBytes { bytes in
            gather(bytes, parts: shares.map { $0.lowerBound * size..<$0.upperBound * size })
        }
    }

    /// Answers to a batch's images, each rank's to its share of them.
    /// - Parameters:
    ///   - images: `[N, ...]`; of this rank, those of its share (`RankShares`).
    ///   - width: values of an answer.
    ///   - answer: `[n, ...]` to `[n, width]`; an image's answer does not depend on the others.
    /// - Returns: N times `width`
    package func answers(
        to images: Tensor, width: Int, _ answer: (Tensor) throws(GraftError) -> Tensor
    ) throws(GraftError) -> [Float] {
        let count = images.shape[0], size = images.shape.dropFirst().reduce(1, *)
        let shares = RankShares.images(of: count, ranks: self.count), own = shares[rank]
        var rows = [Float](repeating: 0, count: count * width)
        if !own.isEmpty {
            let part = try Tensor(
                shape: [own.count] + images.shape.dropFirst(),
                elements: Array(images.elements[own.lowerBound * size..<own.upperBound * size]))
            rows.replaceSubrange(own.lowerBound * width..<own.upperBound * width, with: try answer(part).elements)
        }
        gather(&rows, width: width, shares: shares)
        return rows
    }

    /// Rows that do not depend on each other, as evenly as they go.
    package func even(_ rows: Int) -> [Range<Int>] {
        (0..<count).map { $0 * rows / count..<($0 + 1) * rows / count }
    }
}
