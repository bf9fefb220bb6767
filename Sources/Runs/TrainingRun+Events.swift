public import Zoo

extension TrainingRun {
    /// The run as a sequence of what it tells, the result last. It begins when somebody iterates; one who stops iterating, or
    /// whose task is cancelled, ends it as `run` says.
    public var events: Events { Events(run: self) }

    /// What a run tells, in order. An error ends it.
    public struct Events: AsyncSequence, Sendable {
        /// What is told.
        public typealias Element = TrainingEvent
        /// How it may end.
        public typealias Failure = GraftError

        fileprivate let run: TrainingRun

        /// Begins the run.
        public func makeAsyncIterator() -> Iterator {
            let (stream, continuation) = AsyncStream.makeStream(of: Result<TrainingEvent, GraftError>.self)
            let run = run
            let task = Task {
                do throws(GraftError) {
                    let result = try await run.run { continuation.yield(.success($0)) }
                    continuation.yield(.success(.finished(result)))
                } catch {
                    continuation.yield(.failure(error))
                }
                continuation.finish()
            }
            continuation.onTermination = { reason in
                if case .cancelled = reason { task.cancel() }
            }
            return Iterator(base: stream.makeAsyncIterator())
        }

        /// One run.
        public struct Iterator: AsyncIteratorProtocol {
            fileprivate var base: AsyncStream<Result<TrainingEvent, GraftError>>.Iterator

            /// The next event, nil after the last.
            /// - Throws: what ended the run.
            public mutating func next(
                isolation actor: isolated (any Actor)? = #isolation
            ) async throws(GraftError) -> TrainingEvent? {
                try await base.next(isolation: actor)?.get()
            }

            /// The next event, nil after the last.
            /// - Throws: what ended the run.
            public mutating func next() async throws(GraftError) -> TrainingEvent? {
                try await next(isolation: nil)
            }
        }
    }
}
