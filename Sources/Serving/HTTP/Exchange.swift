import Synchronization

/// A request and the one answer it gets: the first that anybody gives.
package final class Exchange: Sendable {
    package let request: ServerRequest
    package let route: Route
    /// When the request was whole.
    package let start: ContinuousClock.Instant
    private let state: Mutex<State>
    private let shortened: @Sendable (Exchange) -> Void

    private struct State {
        var deadline: ContinuousClock.Instant
        var respond: (@Sendable (ServerResponse) -> Void)?
    }

    /// - Parameters:
    ///   - respond: called once, on any thread.
    ///   - shortened: called when the deadline moved closer, on any thread.
    package init(
        _ request: ServerRequest, route: Route, deadline: Duration,
        respond: @escaping @Sendable (ServerResponse) -> Void,
        shortened: @escaping @Sendable (Exchange) -> Void = { _ in }
    ) {
        self.request = request
        self.route = route
        start = .now
        self.shortened = shortened
        state = Mutex(State(deadline: start + deadline, respond: respond))
    }

    /// Whether anybody still waits for the answer: asked before each piece of work.
    package var isWanted: Bool { state.withLock { $0.respond != nil && $0.deadline > .now } }

    /// Whether the answer was given, or will not be.
    package var isOver: Bool { state.withLock { $0.respond == nil } }

    /// Moves the deadline closer.
    package func shorten(to time: Duration) {
        state.withLock { $0.deadline = min($0.deadline, start + time) }
        shortened(self)
    }

    /// When the deadline is.
    package var deadline: ContinuousClock.Instant { state.withLock { $0.deadline } }

    /// Answers, unless that has been done.
    package func answer(_ response: ServerResponse) {
        let respond = state.withLock { state in
            defer { state.respond = nil }
            return state.respond
        }
        respond?(response)
    }

    /// The client left: nothing is to be done for it any more.
    /// - Returns: whether an answer was still due.
    package func abandon() -> Bool {
        state.withLock { state in
            defer { state.respond = nil }
            return state.respond != nil
        }
    }
}
