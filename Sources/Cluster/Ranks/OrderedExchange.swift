import Engine

/// What training needs of other ranks, made of messages.
package struct OrderedExchange: Ranks {
    private let transport: any Transport
    private let piece: Int

    /// - Parameter piece: bytes of a piece of a fold, a multiple of 64; 0 for what suits its length.
    package init(_ transport: any Transport, piece: Int = 0) {
        precondition(piece >= 0 && piece % 64 == 0, "pieces of whole values")
        self.transport = transport
        self.piece = piece
    }

    package var rank: Int { transport.rank }
    package var count: Int { transport.count }

    /// A chain: piece by piece, rank 0's bytes go to rank 1, which adds its part and sends them on; from the last rank the
    /// finished pieces go back the same way. With blocks, every block has such a chain, and what comes to its last rank it joins
    /// with what the last rank of the block before it sends; the finished pieces go back through all.
    package func fold(
        _ bytes: UnsafeMutableRawBufferPointer, blocks: [Range<Int>]?, atOnce: Bool, add: (Range<Int>) -> Void,
        join: (UnsafeRawPointer?, Range<Int>) -> Void
    ) {
        let route = Route(rank: rank, of: blocks ?? [0..<count])
        let size = atOnce ? max(1, bytes.count) : piece > 0 ? piece : suitable(bytes.count)
        let pieces = stride(from: 0, to: bytes.count, by: size).map { $0..<min(bytes.count, $0 + size) }
        func part(_ index: Int) -> UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(rebasing: bytes[pieces[index]])
        }
        // A piece is received into its place, added to, and sent from there; it comes back when that message is long gone.
        var coming: [Message?] = pieces.map { _ in nil }
        func expect(_ index: Int) {
            guard let source = route.before, pieces.indices.contains(index) else { return }
            coming[index] = transport.receive(part(index), from: source)
        }
        // What other blocks have come to is received beside it.
        var joined: [Message?] = pieces.map { _ in nil }
        let places = UnsafeMutableRawBufferPointer.allocate(
            byteCount: route.blockBefore == nil ? 0 : Self.ahead * size, alignment: 64)
        defer { places.deallocate() }
        func place(_ index: Int) -> UnsafeMutableRawBufferPointer {
            let start = index % Self.ahead * size
            return UnsafeMutableRawBufferPointer(rebasing: places[start..<start + pieces[index].count])
        }
        func expectBlock(_ index: Int) {
            guard let source = route.blockBefore, pieces.indices.contains(index) else { return }
            joined[index] = transport.receive(place(index), from: source)
        }
        for index in 0..<Self.ahead {
            expect(index)
            expectBlock(index)
        }
        var sent: [Message?] = pieces.map { _ in nil }
        let distance = route.distance
        var returning: [Message?] = pieces.map { _ in nil }
        var returned: [Message] = []
        for step in 0..<pieces.count + distance {
            if step < pieces.count {
                if let message = coming[step] { transport.wait(message) }
                expect(step + Self.ahead)
                add(pieces[step])
                if route.endsBlock, blocks != nil {
                    if let message = joined[step] { transport.wait(message) }
                    join(joined[step].map { _ in UnsafeRawPointer(place(step).baseAddress) } ?? nil, pieces[step])
                    expectBlock(step + Self.ahead)
                }
                if let next = route.next { sent[step] = transport.send(UnsafeRawBufferPointer(part(step)), to: next) }
            }
            let back = step - distance
            if let above = route.above {
                // The receive stands ready before the piece comes.
                let next = back + 1
                if next >= 0, next < pieces.count, returning[next] == nil, let message = sent[next] {
                    transport.wait(message)
                    returning[next] = transport.receive(part(next), from: above)
                }
            }
            guard back >= 0 else { continue }
            if let message = returning[back] { transport.wait(message) }
            if let below = route.below {
                returned.append(transport.send(UnsafeRawBufferPointer(part(back)), to: below))
            }
        }
        for message in returned { transport.wait(message) }
    }

    /// Where a rank's pieces come from and go to.
    private struct Route {
        /// The rank of this block that adds before this one.
        let before: Int?
        /// The last of the block before this one, for the last of this.
        let blockBefore: Int?
        let endsBlock: Bool
        /// Who is next to add, or to join.
        let next: Int?
        /// Where finished pieces come from, and where they go.
        let above: Int?
        let below: Int?
        /// How many pieces are on their way between here, the last rank and here again. It never grows from rank to rank, so that no
        /// rank waits for a piece to come back before it has sent what another needs for that.
        let distance: Int

        init(rank: Int, of blocks: [Range<Int>]) {
            let count = blocks.last?.upperBound ?? 0
            let own = blocks.firstIndex { $0.contains(rank) } ?? 0, block = blocks[own]
            endsBlock = rank == block.upperBound - 1
            before = rank == block.lowerBound ? nil : rank - 1
            blockBefore = endsBlock && own > 0 ? blocks[own - 1].upperBound - 1 : nil
            next = !endsBlock ? rank + 1 : own + 1 < blocks.count ? blocks[own + 1].upperBound - 1 : nil
            above = rank + 1 < count ? rank + 1 : nil
            below = rank > 0 ? rank - 1 : nil
            var most = 0
            for (number, block) in blocks.enumerated() {
                for other in block where other >= rank {
                    most = max(most, block.upperBound - 1 - other + blocks.count - 1 - number + count - 1 - other)
                }
            }
            distance = most
        }
    }

    /// The last rank has nothing to do before the first piece has come, and rank 0 waits for one that has gone both ways: so many
    /// pieces that this is a small part of the whole, but none so small that a message's own cost counts.
    private func suitable(_ length: Int) -> Int {
        let wanted = length / (4 * (count - 1))
        return min(Self.unasked, max(1 << 13, wanted)) / 64 * 64
    }

    /// Open MPI sends so much over TCP without asking whether it is awaited (64 KiB with its own words), and the answer would
    /// wait behind the pieces that flow back.
    private static let unasked = 60 << 10

    /// Pieces that a rank is ready to receive before it has dealt with those before them.
    private static let ahead = 4

    package func gather(_ bytes: UnsafeMutableRawBufferPointer, parts: [Range<Int>]) {
        precondition(parts.count == count, "a part a rank")
        func part(_ rank: Int) -> UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(rebasing: bytes[parts[rank]])
        }
        let others = (0..<count).filter { $0 != rank }
        var open: [Message] = []
        for other in others where !parts[other].isEmpty { open.append(transport.receive(part(other), from: other)) }
        if !parts[rank].isEmpty {
            for other in others { open.append(transport.send(UnsafeRawBufferPointer(part(rank)), to: other)) }
        }
        for message in open { transport.wait(message) }
    }
}
