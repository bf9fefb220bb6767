package import Zoo

/// Who corrects a model while it is served: see `Route.Learn`.
package protocol LearningDesk: Sendable {
    /// May take long: called on a thread of the queue.
    func answer(_ action: Route.Learn, to request: ServerRequest, body: [UInt8]) throws(GraftError) -> ServerResponse
}
