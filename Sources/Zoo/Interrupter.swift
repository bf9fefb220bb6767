import Synchronization

/// A way to end work from elsewhere: it stops at its next step, picture or file.
package final class Interrupter: Sendable {
    private let flag = Atomic<Bool>(false)

    package init() {}

    /// Asks the work to stop. May be called from any thread, more than once.
    package func cancel() { flag.store(true, ordering: .relaxed) }

    /// Whether somebody has asked it to.
    package var isCancelled: Bool { flag.load(ordering: .relaxed) }

    /// - Throws: `GraftError` `.cancelled` where somebody has asked the work to stop.
    package func check() throws(GraftError) {
        if isCancelled { throw GraftError(.cancelled, "the work was given up by its caller") }
    }
}
