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
    /// finished pieces go back the same way.
    package func fold(_ bytes: UnsafeMutableRawBufferPointer, atOnce: Bool, _ add: (Range<Int>) -> Void) {
        let size = atOnce ? max(1, bytes.count) : piece > 0 ? piece : suitable(bytes.count)
        let pieces = stride(from: 0, to: bytes.count, by: size).map { $0..<min(bytes.count, $0 + size) }
        let isFirst = rank == 0, isLast = rank == count - 1
        func part(_ index: Int) -> UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(rebasing: bytes[pieces[index]])
        }
        // A piece is received into its place, added to, and sent from there; it comes back when that message is long gone.
        var coming: [Message?] = pieces.map { _ in nil }
        if !isFirst {
            for index in pieces.indices.prefix(Self.ahead) {
                coming[index] = transport.receive(part(index), from: rank - 1)
            }
        }
        var sent: [Message?] = pieces.map { _ in nil }
        // How many pieces are on their way between here, the last rank and here again.
        let distance = 2 * (count - 1 - rank)
        var returning: [Message?] = pieces.map { _ in nil }
        var returned: [Message] = []
        for step in 0..<pieces.count + distance {
            if step < pieces.count {
                if let message = coming[step] { transport.wait(message) }
                if !isFirst, step + Self.ahead < pieces.count {
                    coming[step + Self.ahead] = transport.receive(part(step + Self.ahead), from: rank - 1)
                }
                add(pieces[step])
                if !isLast { sent[step] = transport.send(UnsafeRawBufferPointer(part(step)), to: rank + 1) }
            }
            let back = step - distance
            if !isLast {
                // The receive stands ready before the piece comes.
                let next = back + 1
                if next >= 0, next < pieces.count, returning[next] == nil, let message = sent[next] {
                    transport.wait(message)
                    returning[next] = transport.receive(part(next), from: rank + 1)
                }
            }
            guard back >= 0 else { continue }
            if let message = returning[back] { transport.wait(message) }
            if !isFirst { returned.append(transport.send(UnsafeRawBufferPointer(part(back)), to: rank - 1)) }
        }
        for message in returned { transport.wait(message) }
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
