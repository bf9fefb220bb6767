/// What a server takes upon itself at most.
package struct ServingLimits: Sendable {
    /// A body's bytes, as sent and inflated.
    package var bodyBytes = 32 << 20
    /// A picture's pixels.
    package var picturePixels = 50_000_000
    /// Requests in line and at work.
    package var requests = 256
    /// The bodies of all requests that are arriving, in line or at work.
    package var queueBytes = 512 << 20
    /// Connections at a time; more wait in the system's backlog.
    package var connections = 1024
    /// Until a request's headers are there.
    package var headerTime = Duration.seconds(10)
    /// Until a request's body is there, from its headers on.
    package var bodyTime = Duration.seconds(30)
    /// Until a request is answered, from its last byte on.
    package var answerTime = Duration.seconds(30)
    /// Until an answer is taken, from its first byte on.
    package var writeTime = Duration.seconds(30)
    /// Between two requests on a connection.
    package var idleTime = Duration.seconds(60)
    /// For the requests in flight when the server is to end.
    package var drainTime = Duration.seconds(9)

    /// The defaults.
    package init() {}
}
