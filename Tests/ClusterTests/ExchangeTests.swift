import Cluster
import Engine
import Testing
import TestSupport
import Zoo

/// What ranks make of their parts: the same as one of them alone would, bit for bit.
@Suite struct ExchangeTests {
    /// Values of very different sizes, so that another order of adding gives other bits.
    private static func values(_ seed: UInt64, _ count: Int) -> [Float] {
        let random = CounterRandom(seed: seed, purpose: .order)
        return (0..<count).map { index in
            let words = random.words(at: SIMD4(UInt32(index), 1, 2, 3))
            return (Float(words[0]) / 4e9 - 0.5) * Float(1 << (words[1] % 20))
        }
    }

    private static func sum(_ parts: [[Float]]) -> [Float] {
        parts.dropFirst().reduce(parts[0]) { zip($0, $1).map { $0 + $1 } }
    }

    @Test(arguments: [2, 3, 4, 8], [1, 63, 64, 1000, 4097, 100_000])
    func folds(_ ranks: Int, _ count: Int) throws {
        let parts = (0..<ranks).map { Self.values(UInt64($0), count) }
        let expected = Self.sum(parts).map(\.bitPattern)
        // Another order would be seen.
        if count > 100, ranks > 2 { #expect(Self.sum(parts.reversed()).map(\.bitPattern) != expected) }
        for (piece, atOnce) in [(64, false), (1024, false), (0, false), (1 << 18, false), (64, true)] {
            // Many messages that wait for each other take long in threads.
            if piece == 64, !atOnce, count > 10_000 { continue }
            let network = LocalNetwork(ranks, piece: piece)
            let found = try network.run { ranks in
                let own = parts[ranks.rank]
                var bytes = ranks.rank == 0 ? own : [Float](repeating: .nan, count: count)
                bytes.withUnsafeMutableBytes { buffer in
                    let values = buffer.bindMemory(to: Float.self)
                    ranks.fold(buffer, atOnce: atOnce) { range in
                        guard ranks.rank > 0 else { return }
                        for index in range.lowerBound / 4..<range.upperBound / 4 { values[index] += own[index] }
                    }
                }
                return bytes.map(\.bitPattern)
            }
            #expect(found.allSatisfy { $0 == expected }, "pieces of \(piece)")
            // A rank between two others sends every byte twice, once each way.
            for rank in 0..<ranks {
                let isEnd = rank == 0 || rank == ranks - 1
                #expect(network.sent(by: rank) == (isEnd ? 4 : 8) * count)
            }
        }
    }

    /// Blocks of ranks that add among themselves first, one of them empty-handed.
    @Test(arguments: [[2, 2], [1, 3, 1], [4, 1, 2, 1, 1], [3, 3, 3, 3]], [1, 1000, 30_000])
    func foldsBlocks(_ sizes: [Int], _ count: Int) throws {
        var blocks: [Range<Int>] = []
        for size in sizes { blocks.append((blocks.last?.upperBound ?? 0)..<(blocks.last?.upperBound ?? 0) + size) }
        let ranks = sizes.reduce(0, +)
        let parts = (0..<ranks).map { Self.values(UInt64($0), count) }
        let expected = Self.sum(blocks.map { Self.sum(Array(parts[$0])) }).map(\.bitPattern)
        // Another order would be seen.
        if count > 100, sizes.dropFirst().contains(where: { $0 > 1 }) {
            #expect(Self.sum(parts).map(\.bitPattern) != expected)
        }
        for (piece, atOnce) in [(256, false), (0, false), (1 << 18, false), (64, true)] {
            if piece == 256, !atOnce, count > 10_000 { continue }
            let network = LocalNetwork(ranks, piece: piece)
            let found = try network.run { ranks in
                let own = parts[ranks.rank], begins = blocks.contains { $0.lowerBound == ranks.rank }
                var bytes = begins ? own : [Float](repeating: .nan, count: count)
                bytes.withUnsafeMutableBytes { buffer in
                    let values = buffer.bindMemory(to: Float.self)
                    ranks.fold(
                        buffer, blocks: blocks, atOnce: atOnce,
                        add: { range in
                            guard !begins else { return }
                            for index in range.lowerBound / 4..<range.upperBound / 4 { values[index] += own[index] }
                        },
                        join: { before, range in
                            guard let before = before?.assumingMemoryBound(to: Float.self) else { return }
                            let start = range.lowerBound / 4
                            for index in start..<range.upperBound / 4 { values[index] += before[index - start] }
                        })
                }
                return bytes.map(\.bitPattern)
            }
            #expect(found.allSatisfy { $0 == expected }, "pieces of \(piece)")
            // No rank sends a byte more than twice.
            for rank in 0..<ranks { #expect(network.sent(by: rank) <= 8 * count) }
        }
    }

    @Test(arguments: [2, 3, 8])
    func gathers(_ ranks: Int) throws {
        // Some have nothing.
        let parts = (0..<ranks).map { rank in (0..<(rank % 3 == 1 ? 0 : 5 + rank)).map { UInt8(10 * rank + $0) } }
        let found = try LocalNetwork(ranks).run { ranks in ranks.gather(parts[ranks.rank]) }
        #expect(found.allSatisfy { $0 == parts })
    }

    /// One call after the other, with ranks that are ahead and behind.
    @Test func callsKeepTheirOrder() throws {
        let found = try LocalNetwork(4, piece: 64).run { ranks in
            var total: UInt64 = 0
            for round in 0..<50 {
                var sum = [UInt64](repeating: UInt64(ranks.rank), count: 40)
                let own = sum
                sum.withUnsafeMutableBytes { buffer in
                    let values = buffer.bindMemory(to: UInt64.self)
                    ranks.fold(buffer, atOnce: round % 2 == 0) { range in
                        guard ranks.rank > 0 else { return }
                        for index in range.lowerBound / 8..<range.upperBound / 8 {
                            values[index] = values[index] * 3 + own[index]
                        }
                    }
                }
                total = total &* 31 &+ sum.reduce(0, &+)
                total = total &+ UInt64(ranks.gather([UInt8(round), UInt8(ranks.rank)]).count)
            }
            return total
        }
        #expect(Set(found).count == 1)
    }

    @Test func sharesCoverEveryBatch() {
        for batch in Array(1...70) + [127, 128, 129, 200, 511, 512, 1000, 5000] {
            for ranks in Array(1...20) + [31, 64, 70] {
                let shares = RankShares.images(of: batch, ranks: ranks)
                #expect(shares.count == ranks && !shares[0].isEmpty)
                #expect(shares.flatMap { Array($0) } == Array(0..<batch))
                // No chunk is on two ranks, whether a stretch has 8 or 16 of them, or more as batches grow.
                let perBlock = max(1, min(8, batch / 64))
                for chunks in perBlock > 1 ? [8 * perBlock] : [min(batch, 8), min(batch, 16)] {
                    let starts = Set((0...chunks).map { $0 * batch / chunks })
                    #expect(shares.allSatisfy { starts.contains($0.lowerBound) && starts.contains($0.upperBound) })
                }
                // More ranks never have less to do, and all that there are chunks for have something.
                #expect(shares.count { !$0.isEmpty } == min(ranks, max(min(batch, 8), perBlock > 1 ? 8 * perBlock : 0)))
            }
        }
    }
}
