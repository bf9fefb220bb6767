import Engine
import Synchronization
import Zoo

/// The batches that are being made: what the loading threads and the consumer share. Whoever has time takes the next
/// picture, always of the earliest batch that wants one.
final class BatchQueue: Sendable {
    /// A picture to be made.
    struct Job {
        let batch: Int
        let position: Int
        let request: BatchRequest
    }

    /// What the consumer finds at the head of the queue.
    enum Head {
        case ready(Result<Tensor, GraftError>)
        case unfinished
        case end
    }

    private struct Pending {
        let request: BatchRequest
        var rows: [Result<[Float], GraftError>?]
        var claimed = 0
        var finished = 0
        var result: Result<Tensor, GraftError>?
    }

    private struct State {
        var pending: [Pending] = []
        /// The number of the batch at the head.
        var first = 0
        var hasMore = true
        var isStopped = false
    }

    let source: PictureSource
    private let requests: @Sendable (Int) -> BatchRequest?
    private let limit: Int
    private let state = Mutex(State())
    /// Counts whatever somebody may wait for.
    private let changes = Atomic<Int>(0)
    private let sleeper = Sleeper()

    /// - Parameter limit: the most batches that are held at a time.
    init(source: PictureSource, limit: Int, requests: @escaping @Sendable (Int) -> BatchRequest?) {
        self.source = source
        self.limit = limit
        self.requests = requests
    }

    /// A number to give to `wait`, from before looking for something to do.
    var moment: Int { changes.load(ordering: .sequentiallyConsistent) }

    /// Returns when something has changed since then.
    func wait(since moment: Int) {
        sleeper.wait { changes.load(ordering: .sequentiallyConsistent) != moment }
    }

    private func announce() {
        changes.add(1, ordering: .sequentiallyConsistent)
        sleeper.wake()
    }

    /// No more pictures are begun.
    func stop() {
        state.withLock { $0.isStopped = true }
        announce()
    }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    /// The next picture to be made, nil where there is none at present.
    /// - Parameter headOnly: whether only the batch at the head counts.
    func claim(headOnly: Bool = false) -> Job? {
        state.withLock { state -> Job? in
            guard !state.isStopped else { return nil }
            let reach = headOnly ? 1 : limit
            for offset in 0..<reach {
                if offset == state.pending.count { guard append(&state) else { return nil } }
                let pending = state.pending[offset]
                guard pending.claimed < pending.rows.count else { continue }
                state.pending[offset].claimed += 1
                return Job(batch: state.first + offset, position: pending.claimed, request: pending.request)
            }
            return nil
        }
    }

    /// Whether there is another batch; it is begun.
    private func append(_ state: inout State) -> Bool {
        guard state.hasMore, let request = requests(state.first + state.pending.count) else {
            state.hasMore = false
            return false
        }
        var pending = Pending(request: request, rows: Array(repeating: nil, count: request.indices.count))
        if request.indices.isEmpty { pending.result = Result { () throws(GraftError) in try source.join([]) } }
        state.pending.append(pending)
        return true
    }

    /// Makes the picture; whoever makes the last one of a batch joins them.
    func perform(_ job: Job) {
        let row = source.row(job.request, job.position)
        let rows = state.withLock { state -> [Result<[Float], GraftError>]? in
            let offset = job.batch - state.first
            state.pending[offset].rows[job.position] = row
            state.pending[offset].finished += 1
            guard state.pending[offset].finished == state.pending[offset].rows.count else { return nil }
            defer { state.pending[offset].rows = [] }
            return state.pending[offset].rows.compactMap { $0 }
        }
        guard let rows else { return }
        let result = Result { () throws(GraftError) in try source.join(rows) }
        state.withLock { $0.pending[job.batch - $0.first].result = result }
        announce()
    }

    /// Takes the batch at the head away if it is ready.
    func takeHead() -> Head {
        let head = state.withLock { state -> Head in
            if state.pending.isEmpty, !append(&state) { return .end }
            guard let result = state.pending[0].result else { return .unfinished }
            state.pending.removeFirst()
            state.first += 1
            return .ready(result)
        }
        if case .ready = head { announce() }
        return head
    }
}
