import Cluster
package import Engine
import Synchronization
import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Ranks that are threads of one process, and messages between them. As with MPI, a message is copied when both sides are
/// ready for it: until then, who changes what is being sent spoils it.
package final class LocalNetwork: @unchecked Sendable {
    private struct Line {
        var sends: [(id: Int, bytes: UnsafeRawBufferPointer)] = []
        var receives: [(id: Int, bytes: UnsafeMutableRawBufferPointer)] = []
    }

    private struct State {
        var next = 0
        var lines: [[Int]: Line] = [:]
        var open: Set<Int> = []
        var sent: [Int: Int] = [:]
    }

    private let count: Int
    /// Bytes of a piece of a fold, 0 for what suits its length.
    private let piece: Int
    private let state: Mutex<State> = Mutex(State())

    package init(_ count: Int, piece: Int = 0) {
        self.count = count
        self.piece = piece
    }

    /// Bytes that a rank has sent so far.
    package func sent(by rank: Int) -> Int { state.withLock { $0.sent[rank] ?? 0 } }

    private struct Place: Transport {
        let network: LocalNetwork
        let rank: Int
        var count: Int { network.count }

        func send(_ bytes: UnsafeRawBufferPointer, to peer: Int) -> Message {
            network.send(bytes, from: rank, to: peer)
        }

        func receive(_ bytes: UnsafeMutableRawBufferPointer, from peer: Int) -> Message {
            network.receive(bytes, from: peer, to: rank)
        }

        func wait(_ message: Message) {
            while network.isOpen(message.id) { usleep(20) }
        }
    }

    private func send(_ bytes: UnsafeRawBufferPointer, from: Int, to: Int) -> Message {
        let bytes = Sent(bytes: bytes)
        return state.withLock { state in
            state.next += 1
            state.open.insert(state.next)
            state.sent[from, default: 0] += bytes.bytes.count
            state.lines[[from, to], default: Line()].sends.append((state.next, bytes.bytes))
            Self.match(&state, [from, to])
            return Message(id: state.next, peer: to)
        }
    }

    private func receive(_ bytes: UnsafeMutableRawBufferPointer, from: Int, to: Int) -> Message {
        let bytes = Received(bytes: bytes)
        return state.withLock { state in
            state.next += 1
            state.open.insert(state.next)
            state.lines[[from, to], default: Line()].receives.append((state.next, bytes.bytes))
            Self.match(&state, [from, to])
            return Message(id: state.next, peer: from)
        }
    }

    private struct Sent: @unchecked Sendable { let bytes: UnsafeRawBufferPointer }
    private struct Received: @unchecked Sendable { let bytes: UnsafeMutableRawBufferPointer }

    private static func match(_ state: inout State, _ line: [Int]) {
        while let send = state.lines[line]?.sends.first, let receive = state.lines[line]?.receives.first {
            precondition(send.bytes.count == receive.bytes.count, "a message of another length than is waited for")
            receive.bytes.copyMemory(from: send.bytes)
            state.lines[line]?.sends.removeFirst()
            state.lines[line]?.receives.removeFirst()
            state.open.remove(send.id)
            state.open.remove(receive.id)
        }
    }

    private func isOpen(_ id: Int) -> Bool { state.withLock { $0.open.contains(id) } }

    /// What every rank makes of it, in their order, all at the same time.
    /// - Parameter body: may read what it captures, from all threads.
    package func run<Answer: Sendable>(_ body: @escaping (any Ranks) throws -> Answer) throws -> [Answer] {
        let work = Work(body: body)
        let answers = Answers<Answer>(count: count)
        let threads = (0..<count).map { rank in
            BackgroundThread(givesWay: false) { [self] in
                let ranks = OrderedExchange(Place(network: self, rank: rank), piece: piece)
                answers.put(Result { try work.body(ranks) }, rank)
            }
        }
        for thread in threads { thread?.join() }
        return try answers.all.map { try $0.get() }
    }

    private struct Work<Answer>: @unchecked Sendable { let body: (any Ranks) throws -> Answer }

    private final class Answers<Answer: Sendable>: Sendable {
        private let found: Mutex<[Result<Answer, any Error>?]>

        init(count: Int) { found = Mutex([Result<Answer, any Error>?](repeating: nil, count: count)) }

        func put(_ answer: Result<Answer, any Error>, _ rank: Int) { found.withLock { $0[rank] = answer } }

        var all: [Result<Answer, any Error>] { found.withLock { $0.compactMap { $0 } } }
    }
}
