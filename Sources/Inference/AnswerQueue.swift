import Engine
import Synchronization
import Zoo

/// The pictures that wait for an answer, of all models and all callers of the process, and the threads that answer them.
///
/// First come, first served: one picture a thread. One that finds nobody else waiting or at work gets all threads. Nothing
/// runs on the threads of Swift's tasks, which only wait for the answer without holding one.
final class AnswerQueue: Sendable {
    static let shared = AnswerQueue()

    /// A picture's turn: with how many threads, and whether its caller still wants it.
    struct Turn: Sendable {
        let threads: Int
        fileprivate let claim: Claim

        /// Whether the caller has given up: what is left to do need not be done.
        var isCancelled: Bool { claim.isCancelled }

        /// - Throws: `GraftError` `.cancelled` where the caller has given up.
        func check() throws(GraftError) { if isCancelled { throw Self.cancelled } }

        static let cancelled = GraftError(.cancelled, "the work was given up by its caller")

        /// A turn of a caller that waits on its own thread.
        static func blocking(threads: Int) -> Turn { Turn(threads: threads, claim: Claim()) }
    }

    final class Claim: Sendable {
        private let flag = Atomic<Bool>(false)
        var isCancelled: Bool { flag.load(ordering: .relaxed) }
        func cancel() { flag.store(true, ordering: .relaxed) }
    }

    struct Job: Sendable {
        let claim: Claim
        /// The most threads that it may have.
        let threads: Int
        let body: @Sendable (Turn) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        /// The first of `waiting` that has not begun: taking from the front of an array moves all of it.
        var first = 0
        var atWork = 0
        var workers = 0
    }

    private let state = Mutex(State())
    private let arrived = Atomic<Int>(0)
    private let sleeper = Sleeper()

    /// Answers one request.
    /// - Parameter workers: the threads that there shall be at least, and the most that the request may have.
    /// - Throws: what `body` throws, or `GraftError` `.cancelled` if the task was cancelled before its turn.
    func run<Answer: Sendable>(
        workers: Int, _ body: @escaping @Sendable (Turn) -> Result<Answer, GraftError>
    ) async throws(GraftError) -> Answer {
        let claim = Claim()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<Answer, GraftError>, Never>) in
                submit(
                    Job(claim: claim, threads: workers) { turn in
                        continuation.resume(returning: turn.isCancelled ? .failure(Turn.cancelled) : body(turn))
                    }, workers: workers)
            }
        } onCancel: {
            claim.cancel()
        }
        return try result.get()
    }

    /// Answers many requests of one caller, in the order of their indices. Few of them wait at a time, so that other
    /// callers' requests get in between.
    /// - Parameter done: called after each with the number finished, never on two threads at once.
    func map<Answer: Sendable>(
        count: Int, workers: Int, _ body: @escaping @Sendable (Int, Turn) -> Answer,
        done: @Sendable (Int) -> Void
    ) async throws(GraftError) -> [Answer] {
        var answers = [Answer?](repeating: nil, count: count)
        let isComplete = await withTaskGroup(of: (Int, Answer)?.self) { group in
            var next = 0
            var finished = 0
            func add() {
                guard next < count else { return }
                let index = next
                next += 1
                group.addTask {
                    let answer = try? await self.run(workers: workers) { turn in .success(body(index, turn)) }
                    return answer.map { (index, $0) }
                }
            }
            for _ in 0..<2 * workers { add() }
            while let answered = await group.next() {
                guard let (index, answer) = answered else {
                    group.cancelAll()
                    return false
                }
                answers[index] = answer
                finished += 1
                done(finished)
                add()
            }
            return !Task.isCancelled
        }
        guard isComplete else { throw Turn.cancelled }
        return answers.compactMap { $0 }
    }

    func submit(_ job: Job, workers: Int) {
        let missing = state.withLock { state -> Int in
            state.waiting.append(job)
            let missing = max(0, workers - state.workers)
            state.workers += missing
            return missing
        }
        var started = 0
        for _ in 0..<missing where BackgroundThread(givesWay: false, { self.work() }) != nil { started += 1 }
        if started < missing {
            let left = state.withLock { state -> Int in
                state.workers -= missing - started
                return state.workers
            }
            // The system has no thread to give: better late than never.
            if left == 0 { while takeOne() {} }
        }
        arrived.add(1, ordering: .sequentiallyConsistent)
        sleeper.wake()
    }

    private func work() {
        while true {
            let moment = arrived.load(ordering: .sequentiallyConsistent)
            if takeOne() { continue }
            sleeper.wait { arrived.load(ordering: .sequentiallyConsistent) != moment }
        }
    }

    /// - Returns: whether there was a request.
    private func takeOne() -> Bool {
        let taken = state.withLock { state -> (job: Job, isAlone: Bool)? in
            guard state.first < state.waiting.count else { return nil }
            let job = state.waiting[state.first]
            state.first += 1
            if state.first == state.waiting.count {
                state.waiting.removeAll(keepingCapacity: true)
                state.first = 0
            } else if state.first > 1024 {
                state.waiting.removeFirst(state.first)
                state.first = 0
            }
            state.atWork += 1
            return (job, state.atWork == 1 && state.waiting.isEmpty)
        }
        guard let (job, isAlone) = taken else { return false }
        job.body(Turn(threads: isAlone ? job.threads : 1, claim: job.claim))
        state.withLock { $0.atWork -= 1 }
        return true
    }
}
