/// An automatic split: the same share of every class is held out for testing.
///
/// Which pictures these are depends on their content and the seed, not on names or order: a renamed folder gives the same
/// split, one picture more moves few others, and copies of one file never end up on both sides.
package enum StratifiedSplit {
    /// - Parameters:
    ///   - labels: the class of each picture.
    ///   - digests: the SHA-256 of each picture's file, in hexadecimal.
    ///   - fraction: the share to hold out, from 0 to below 1. At least one picture of every class that has two different
    ///     ones is held out, and at least one is kept.
    /// - Returns: for each picture, whether it is held out.
    package static func heldOut(labels: [Int], digests: [String], fraction: Double, seed: UInt64) -> [Bool] {
        precondition(labels.count == digests.count, "a digest for each label")
        var result = [Bool](repeating: false, count: labels.count)
        guard fraction > 0 else { return result }
        for indices in Dictionary(grouping: labels.indices, by: { labels[$0] }).values {
            let copies = Dictionary(grouping: indices) { digests[$0] }
            let order = copies.keys.map { (rank: rank(of: $0, seed: seed), digest: $0) }
                .sorted { ($0.rank, $0.digest) < ($1.rank, $1.digest) }
            let wanted = max(1, Int((Double(indices.count) * fraction).rounded()))
            var held = 0
            // The last group always stays: a class needs something to be learnt from.
            for (_, digest) in order.dropLast() where held < wanted {
                guard let group = copies[digest] else { continue }
                for index in group { result[index] = true }
                held += group.count
            }
        }
        return result
    }

    /// A number that looks random, from a digest and the seed (the finaliser of SplitMix64, doi:10.1145/2714064.2660195).
    private static func rank(of digest: String, seed: UInt64) -> UInt64 {
        var state = UInt64(digest.prefix(16), radix: 16) ?? 0
        state ^= (seed &+ 1) &* 0x9E37_79B9_7F4A_7C15
        state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
        return state ^ (state >> 31)
    }
}
