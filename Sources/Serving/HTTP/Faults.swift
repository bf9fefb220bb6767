package import Zoo

/// Kinds of faults that only a server has.
extension ErrorCode {
    /// A request that contradicts itself or the protocol.
    package static let badRequest = ErrorCode("bad_request")
    /// A request without the token.
    package static let unauthorized = ErrorCode("unauthorized")
    /// A request from elsewhere, or for what this server does not do for anybody.
    package static let forbidden = ErrorCode("forbidden")
    /// An unknown path, model or version.
    package static let notFound = ErrorCode("not_found")
    /// A method that the path does not have.
    package static let method = ErrorCode("method_not_allowed")
    /// A body that did not arrive in time.
    package static let slow = ErrorCode("request_timeout")
    /// An encoding of the body that is not read.
    package static let encoding = ErrorCode("unsupported_encoding")
    /// Headers past the limits.
    package static let headers = ErrorCode("headers_too_large")
    /// More work than the queue holds, or a server that is about to end.
    package static let busy = ErrorCode("busy")
    /// A deadline that passed.
    package static let deadline = ErrorCode("deadline")
}

extension GraftError {
    /// The answer's status.
    package var status: Int {
        switch code {
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound: 404
        case .method: 405
        case .slow: 408
        case .tooLarge: 413
        case .encoding: 415
        case .headers: 431
        case .busy, .outOfMemory: 503
        case .deadline: 504
        // The bytes, a tensor or a name: all of it came from the client.
        case .badRequest, .damaged, .truncated, .unknownFormat, .unsupported, .refused, .value, .shapeMismatch,
            .invalidValue, .unknownName:
            400
        default: 500
        }
    }

    /// What the client is told: the whole line for a fault of its own, nothing of this server's insides otherwise.
    package var answer: String { status == 500 ? "an error within the server; its log says more" : description }
}
