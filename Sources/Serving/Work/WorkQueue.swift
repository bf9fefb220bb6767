import Foundation
import Synchronization

/// The threads that decode and compute, and the bounded line in front of them.
///
/// A request in line is a number of turns; each turn is one picture. A request with turns left goes to the line's end
/// after each, so that a form of a thousand pictures does not keep the others waiting. Nothing waits for a batch to fill.
package final class WorkQueue: @unchecked Sendable {
    /// A request's place: counted from `submit` until `leave`.
    package final class Place: Sendable {
        private let queue: WorkQueue
        private let bytes: Int
        private let hasLined = Atomic<Bool>(false)
        /// Whether a turn has ended before its thread says so.
        fileprivate let handedOver = Atomic<Bool>(false)
        private let left = Atomic<Bool>(false)

        fileprivate init(_ queue: WorkQueue, bytes: Int) {
            self.queue = queue
            self.bytes = bytes
        }

        /// Gives the place back. Once is enough.
        package func leave() {
            guard !left.exchange(true, ordering: .acquiringAndReleasing) else { return }
            queue.locked { $0.release(bytes: bytes) }
        }

        /// Lines up, for `turns` turns, each called with its number and with how many threads it may use. Who lines up
        /// again does so as the last thing of a turn: that turn no longer counts as work, or a picture that is alone would
        /// find itself in its own way.
        package func line(turns: Int, _ body: @escaping @Sendable (_ turn: Int, _ threads: Int) -> Void) {
            guard turns > 0 else { return }
            let isAgain = hasLined.exchange(true, ordering: .acquiringAndReleasing)
            queue.locked(waking: turns) { state in
                state.line.append(Entry(next: 0, count: turns, place: self, body: body))
                if isAgain {
                    state.load.busyThreads -= 1
                    handedOver.store(true, ordering: .releasing)
                }
            }
        }
    }

    /// What there is at a moment.
    package struct Load: Sendable, Equatable {
        package var requests = 0
        package var bytes = 0
        package var busyThreads = 0

        package init() {}
    }

    fileprivate struct Entry {
        var next: Int
        let count: Int
        let place: Place
        let body: @Sendable (Int, Int) -> Void
    }

    fileprivate struct State {
        var line: [Entry] = []
        var head = 0
        var load = Load()
        var isOver = false

        mutating func release(bytes: Int) {
            load.requests -= 1
            load.bytes -= bytes
        }

        /// The next turn, if there is one.
        mutating func pop() -> (Entry, turn: Int)? {
            guard head < line.count else { return nil }
            var entry = line[head]
            head += 1
            let turn = entry.next
            entry.next += 1
            if entry.next < entry.count { line.append(entry) }
            // Kept short: what was taken is dropped when it is half of the line.
            if head > 64, head * 2 > line.count {
                line.removeFirst(head)
                head = 0
            }
            return (entry, turn)
        }

        var isEmpty: Bool { head >= line.count }
    }

    private let condition = NSCondition()
    /// Behind `condition`.
    private var state = State()
    private let threads: Int
    private let mostRequests: Int
    private let mostBytes: Int

    /// - Parameters:
    ///   - threads: how many turns are taken at a time.
    ///   - mostRequests: more than that are turned away.
    ///   - mostBytes: the bodies of all requests in line and at work.
    package init(threads: Int, mostRequests: Int, mostBytes: Int) {
        self.threads = threads
        self.mostRequests = mostRequests
        self.mostBytes = mostBytes
        for number in 0..<threads {
            let thread = Thread { [self] in work() }
            thread.name = "graft-serve-\(number)"
            // libjpeg and the engine need little; the decoders of a form recurse a little.
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    /// Takes a place in line; nil if there is none.
    package func enter(bytes: Int) -> Place? {
        let isIn = locked { state in
            guard state.load.requests < mostRequests, state.load.bytes + bytes <= mostBytes, !state.isOver else {
                return false
            }
            state.load.requests += 1
            state.load.bytes += bytes
            return true
        }
        return isIn ? Place(self, bytes: bytes) : nil
    }

    /// What there is now.
    package var load: Load { locked { $0.load } }

    /// Lets the threads end when the line is empty.
    package func finish() { locked(waking: .max) { $0.isOver = true } }

    /// - Parameter waking: how many turns there are more.
    private func locked<Result>(waking: Int = 0, _ body: (inout State) -> Result) -> Result {
        condition.lock()
        defer { condition.unlock() }
        let result = body(&state)
        if waking > 1 { condition.broadcast() } else if waking == 1 { condition.signal() }
        return result
    }

    private func work() {
        while true {
            condition.lock()
            while state.isEmpty, !state.isOver { condition.wait() }
            guard let (entry, turn) = state.pop() else { return condition.unlock() }
            state.load.busyThreads += 1
            // A picture that is alone may have all threads.
            let isAlone = state.isEmpty && state.load.busyThreads == 1
            condition.unlock()
            entry.body(turn, isAlone ? threads : 1)
            locked { state in
                if !entry.place.handedOver.exchange(false, ordering: .acquiringAndReleasing) {
                    state.load.busyThreads -= 1
                }
            }
        }
    }
}
