import Engine
import Synchronization
import Zoo

extension AnswerQueue {
    /// The answers that are ready before their turn.
    private final class Board<Answer: Sendable>: Sendable {
        private let slots: Mutex<[Answer?]>
        private let finished = Atomic<Int>(0)
        private let sleeper = Sleeper()

        init(window: Int) { slots = Mutex([Answer?](repeating: nil, count: window)) }

        /// How many are ready or were given.
        var count: Int { finished.load(ordering: .sequentiallyConsistent) }

        func put(_ answer: Answer, at place: Int) {
            slots.withLock { $0[place % $0.count] = answer }
            finished.add(1, ordering: .sequentiallyConsistent)
            sleeper.wake()
        }

        func take(_ place: Int) -> Answer? {
            slots.withLock { slots in
                defer { slots[place % slots.count] = nil }
                return slots[place % slots.count]
            }
        }

        func waitForMore(than count: Int) { sleeper.wait { self.count != count } }
    }

    /// Answers requests as they come, however many: a few of them wait at a time, and answers are held only until those
    /// before them are given. The calling thread waits.
    /// - Parameters:
    ///   - workers: the threads that there shall be at least, and the most that a request may have.
    ///   - window: how many requests may be begun and not given yet.
    ///   - next: the next request, nil at the end. May take its time: the threads go on with those before.
    ///   - give: takes the answers in the order of the requests.
    /// - Throws: what `next` throws, after the answers to all that came before; what `give` throws, and requests that have
    ///   begun come to their end unheard.
    func stream<Input: Sendable, Answer: Sendable>(
        workers: Int, window: Int, next: () throws(GraftError) -> Input?,
        _ body: @escaping @Sendable (Input, Turn) -> Answer, give: (Answer) throws(GraftError) -> Void
    ) throws(GraftError) {
        let board = Board<Answer>(window: window)
        let claim = Claim()
        defer { claim.cancel() }
        var (begun, given, isOver) = (0, 0, false)
        var failure: GraftError?
        while true {
            let finished = board.count
            while given < begun, let answer = board.take(given) {
                given += 1
                try give(answer)
            }
            if isOver, given == begun {
                if let failure { throw failure }
                return
            }
            if !isOver, begun - given < window, begun - finished < 2 * workers {
                var input: Input?
                do throws(GraftError) { input = try next() } catch { failure = error }
                guard let input else {
                    isOver = true
                    continue
                }
                let place = begun
                begun += 1
                submit(
                    Job(claim: claim, threads: workers) { turn in
                        guard !turn.isCancelled else { return }
                        board.put(body(input, turn), at: place)
                    }, workers: workers)
            } else {
                board.waitForMore(than: finished)
            }
        }
    }
}
