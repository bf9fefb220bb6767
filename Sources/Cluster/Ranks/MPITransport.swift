import CMPI
import Synchronization
package import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Messages by an MPI library, which is opened here. A process can do that once. Calls may come from any thread, but not from
/// two at a time.
package final class MPITransport: Transport {
    package let rank: Int
    package let count: Int
    /// What the library says it is.
    package let library: String
    private let open = Mutex<Open>(Open())
    /// Seconds that a rank waits for another before it gives up; nil for as long as it takes.
    private let patience: Double?

    /// Messages under way; those that are too long for one come in several.
    private struct Open {
        var next = 0
        var requests: [Int: [gm_request]] = [:]
    }

    /// - Parameter names: of the library, to be tried in that order.
    /// - Throws: `GraftError.ranks` where none can be opened.
    package init(names: [String], launcher: String, patience: Double? = nil) throws(GraftError) {
        var problems: [String] = []
        var isOpen = false
        for name in names where !isOpen {
            var message = [CChar](repeating: 0, count: 1024)
            isOpen = gm_open(name, &message, message.count) == 0
            if !isOpen { problems.append(Self.text(message)) }
        }
        guard isOpen else {
            throw GraftError(
                .ranks, "this process was started by \(launcher), and its MPI library cannot be opened",
                expected: names.joined(separator: " or "), found: problems.joined(separator: "; "),
                remedy:
                    "put the library's folder into LD_LIBRARY_PATH, or its file into GRAFT_MPI; GRAFT_MPI=off for processes "
                    + "that have nothing to do with each other")
        }
        rank = Int(gm_rank())
        count = Int(gm_size())
        library = String(cString: gm_library())
        self.patience = patience
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Bytes of one message of MPI, whose counts are 32 bits.
    private static let most = 1 << 30

    private func start(
        _ count: Int, _ peer: Int, _ body: (Int, Int32, inout gm_request) -> Void
    ) -> Message {
        open.withLock { open in
            var requests: [gm_request] = []
            for place in stride(from: 0, to: count, by: Self.most) {
                var request = gm_request()
                body(place, Int32(min(Self.most, count - place)), &request)
                requests.append(request)
            }
            open.next += 1
            open.requests[open.next] = requests
            return Message(id: open.next, peer: peer)
        }
    }

    package func send(_ bytes: UnsafeRawBufferPointer, to rank: Int) -> Message {
        start(bytes.count, rank) { place, count, request in
            gm_send(bytes.baseAddress.map { $0 + place }, count, Int32(rank), Self.tag, &request)
        }
    }

    package func receive(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int) -> Message {
        start(bytes.count, rank) { place, count, request in
            gm_receive(bytes.baseAddress.map { $0 + place }, count, Int32(rank), Self.tag, &request)
        }
    }

    private static let tag: Int32 = 1

    /// Asks again and again: at first at once, then giving way to other threads, and at last with pauses, for who waits long has
    /// nothing to gain from being there a moment earlier.
    package func wait(_ message: Message) {
        let start = ContinuousClock.now
        var asked = 0
        while !isDone(message) {
            asked += 1
            guard asked > Self.eager else { continue }
            let waited = ContinuousClock.now - start
            if waited < .milliseconds(2) {
                sched_yield()
            } else {
                usleep(waited < .milliseconds(100) ? 50 : 500)
            }
            if let patience, waited > .seconds(patience) { giveUp(on: message.peer, patience) }
        }
    }

    private static let eager = 200

    private func isDone(_ message: Message) -> Bool {
        open.withLock { open in
            while var request = open.requests[message.id]?.last {
                guard gm_done(&request) != 0 else {
                    if let last = open.requests[message.id]?.indices.last { open.requests[message.id]?[last] = request }
                    return false
                }
                open.requests[message.id]?.removeLast()
            }
            open.requests[message.id] = nil
            return true
        }
    }

    private func giveUp(on peer: Int, _ patience: Double) {
        let line =
            "error: rank \(rank) has heard nothing of rank \(peer) for \(Int(patience)) s: it, or one that it waits for, "
            + "is stopped\n"
        _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        abort(status: 1)
    }

    /// Waits for the others, and says farewell to MPI.
    package func close() { gm_close() }

    /// Ends this process and all others.
    package func abort(status: Int32) -> Never {
        gm_abort(status)
        _exit(status)
    }
}
