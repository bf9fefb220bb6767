import Engine
package import Zoo

/// Batches in order, made ahead of those who compute with them.
///
/// A background thread of low priority fills a queue of a few batches, in the time that computing leaves over. Where that
/// was not enough, `next` makes what is missing on all cores. The batches are those of `PictureSource.batch`, whatever the
/// number of threads. Not to be shared between threads.
package final class BatchStream {
    private let queue: BatchQueue
    private let loaders: [BackgroundThread]
    private let workers: Int
    private var failure: GraftError?

    /// - Parameters:
    ///   - ahead: the most batches that are held at a time.
    ///   - loaders: background threads; with 0, `next` makes every batch itself.
    ///   - threads: cores for what has to be waited for; nil for `GRAFT_THREADS`, or all of them.
    ///   - requests: the batch of a number from 0 on; nil after the last. Called from any thread, once each, in order.
    /// - Throws: `GraftError.invalidValue` for an impossible number of threads.
    package init(
        _ source: PictureSource, ahead: Int = 3, loaders: Int = 1, threads: Int? = nil,
        requests: @escaping @Sendable (Int) -> BatchRequest?
    ) throws(GraftError) {
        do { workers = try ThreadPool.count(threads) } catch { throw GraftError(.invalidValue, error) }
        let queue = BatchQueue(source: source, limit: max(1, ahead), requests: requests)
        self.queue = queue
        self.loaders = (0..<max(0, loaders)).compactMap { _ in
            BackgroundThread {
                while true {
                    // Before it is asked whether to stop: nobody announces that twice.
                    let moment = queue.moment
                    guard !queue.isStopped else { return }
                    if let job = queue.claim() { queue.perform(job) } else { queue.wait(since: moment) }
                }
            }
        }
    }

    /// The same for batches that are known.
    package convenience init(
        _ source: PictureSource, _ batches: [BatchRequest], ahead: Int = 3, loaders: Int = 1, threads: Int? = nil
    ) throws(GraftError) {
        try self.init(source, ahead: ahead, loaders: loaders, threads: threads) {
            $0 < batches.count ? batches[$0] : nil
        }
    }

    /// Ends the background threads, after the pictures that they are at.
    deinit {
        queue.stop()
        for loader in loaders { loader.join() }
    }

    /// The next batch, `[N, crop, crop, 3]`; nil after the last.
    /// - Throws: `GraftError.invalidData` for a picture that cannot be read any more; the stream ends there.
    package func next() throws(GraftError) -> Tensor? {
        if let failure { throw failure }
        while true {
            let moment = queue.moment
            switch queue.takeHead() {
            case .end: return nil
            case .ready(.success(let batch)): return batch
            case .ready(.failure(let error)):
                failure = error
                queue.stop()
                throw error
            case .unfinished:
                guard let job = queue.claim(headOnly: true) else {
                    queue.wait(since: moment)
                    continue
                }
                queue.perform(job)
                ThreadPool.shared.run(threads: workers) { _ in
                    while let job = queue.claim(headOnly: true) { queue.perform(job) }
                }
            }
        }
    }
}
