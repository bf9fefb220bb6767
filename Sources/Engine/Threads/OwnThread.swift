package import Zoo

/// Runs `body` on a thread of its own while the task waits without holding one.
///
/// A cancelled task cancels the `Interrupter`; the answer is what `body` makes of that.
/// - Throws: what `body` throws; `GraftError` `.threads` where the system has no thread to give.
package func onOwnThread<Answer: Sendable>(
    _ body: @escaping @Sendable (Interrupter) throws(GraftError) -> Answer
) async throws(GraftError) -> Answer {
    let interrupter = Interrupter()
    let result = await withTaskCancellationHandler {
        await withCheckedContinuation { (continuation: CheckedContinuation<Result<Answer, GraftError>, Never>) in
            let thread = BackgroundThread(givesWay: false) {
                continuation.resume(returning: Result { () throws(GraftError) in try body(interrupter) })
            }
            guard let thread else {
                let error = GraftError(.threads, "the system has no thread to give")
                return continuation.resume(returning: .failure(error))
            }
            thread.detach()
        }
    } onCancel: {
        interrupter.cancel()
    }
    return try result.get()
}
