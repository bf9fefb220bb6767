import Foundation

/// Holds whoever comes until somebody lets it on: what is slow in a test is slow for as long as the test wants.
final class Gate: @unchecked Sendable {
    private let condition = NSCondition()
    /// Behind `condition`.
    private var come = 0
    private var allowed = 0

    /// Waits to be let on.
    func pass() {
        condition.lock()
        come += 1
        let place = come
        while place > allowed { condition.wait() }
        condition.unlock()
    }

    /// How many have come.
    var arrived: Int {
        condition.lock()
        defer { condition.unlock() }
        return come
    }

    /// Lets so many on, or everybody from now on.
    func open(_ count: Int = .max) {
        condition.lock()
        allowed = count == .max ? .max : allowed + count
        condition.broadcast()
        condition.unlock()
    }

    /// Nobody is left behind when a test ends early.
    deinit { open() }
}
