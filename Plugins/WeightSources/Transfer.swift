import Foundation
import Synchronization
import Zoo

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif
#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One HTTP request whose body is appended to a file as it comes.
final class Transfer: NSObject, URLSessionDataDelegate, Sendable {
    struct Failure: Sendable {
        let code: ErrorCode
        let message: String
        var expected: String?
        var found: String?
    }

    struct Outcome: Sendable {
        var failure: Failure?
        /// Whether the server continued the part that was there.
        var resumed = false
    }

    private struct State {
        var outcome = Outcome()
        var descriptor: Int32 = -1
        var done = 0
        /// The whole file's length, as the server says.
        var total: Int?
    }

    private let part: String
    private let start: Int
    private let bytes: Int?
    private let limit: Int
    private let state = Mutex(State())
    private let finished = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - part: the file that the body is written to.
    ///   - start: the bytes that it has already; the request asks for the rest.
    ///   - bytes: the length that the whole file must have.
    init(part: String, start: Int, bytes: Int?, limit: Int) {
        self.part = part
        self.start = start
        self.bytes = bytes
        self.limit = limit
    }

    /// Blocks until the transfer ended, one way or the other.
    /// - Parameter progress: bytes of the whole file that are there, and all of them.
    func run(_ url: URL, timeout: Double, progress: (Int, Int?) -> Void) -> Outcome {
        var request = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: timeout)
        // Packed in transit, the length would say nothing.
        request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
        request.setValue("graft", forHTTPHeaderField: "User-Agent")
        if start > 0 { request.setValue("bytes=\(start)-", forHTTPHeaderField: "Range") }
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = timeout
        configuration.urlCache = nil
        let session = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
        let task = session.dataTask(with: request)
        task.resume()
        while finished.wait(timeout: .now() + .milliseconds(100)) == .timedOut { report(progress) }
        session.finishTasksAndInvalidate()
        let outcome = state.withLock { state in
            if state.descriptor >= 0 { close(state.descriptor) }
            state.descriptor = -1
            return state.outcome
        }
        if outcome.failure == nil { report(progress) }
        return outcome
    }

    private func report(_ progress: (Int, Int?) -> Void) {
        let (done, total, begun) = state.withLock { ($0.done, $0.total, $0.descriptor >= 0 || $0.done > 0) }
        if begun { progress(done, total) }
    }

    // MARK: The session's calls, on its own queue

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        let accepted = state.withLock { state in
            if let failure = accept(response, &state) { state.outcome.failure = failure }
            return state.outcome.failure == nil
        }
        completionHandler(accepted ? .allow : .cancel)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let isRight = state.withLock { state in
            guard state.outcome.failure == nil, state.descriptor >= 0 else { return false }
            guard state.done + data.count <= (bytes ?? limit) else {
                state.outcome.failure = Failure(
                    code: .length, message: "the server sends too much", expected: "at most \(bytes ?? limit) bytes")
                return false
            }
            let descriptor = state.descriptor
            guard data.withUnsafeBytes({ Self.write($0, to: descriptor) }) else {
                state.outcome.failure = Failure(
                    code: .file, message: "cannot write the download",
                    found: String(cString: strerror(errno)).lowercased())
                return false
            }
            state.done += data.count
            return true
        }
        if !isRight { dataTask.cancel() }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        // A secure address may not lead to one that anybody on the way can change.
        let wasSecure = task.originalRequest?.url?.scheme == "https"
        completionHandler(wasSecure && request.url?.scheme != "https" ? nil : request)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        state.withLock { state in
            if state.outcome.failure == nil {
                let isLate = (error as? URLError)?.code == .timedOut
                if let total = state.total, state.done < total, !isLate {
                    state.outcome.failure = Failure(
                        code: .network, message: "cannot be downloaded",
                        found: "the connection was cut after \(state.done) of \(total) bytes")
                } else if let error {
                    state.outcome.failure = Failure(
                        code: .network, message: "cannot be downloaded", found: Self.describe(error))
                }
            }
        }
        finished.signal()
    }

    // MARK: Parts

    /// Opens the file if the answer is one to be written.
    private func accept(_ response: URLResponse, _ state: inout State) -> Failure? {
        guard let answer = response as? HTTPURLResponse else {
            return Failure(code: .network, message: "cannot be downloaded", found: "an answer that is not HTTP")
        }
        let length = response.expectedContentLength >= 0 ? Int(response.expectedContentLength) : nil
        var position = 0
        switch answer.statusCode {
        case 200: break
        case 206:
            guard start > 0, answer.value(forHTTPHeaderField: "Content-Range")?.hasPrefix("bytes \(start)-") == true
            else { return Failure(code: .length, message: "the server sends another part than asked for") }
            position = start
        case 416: return Failure(code: .length, message: "the server has no more than the part that is here")
        default:
            return Failure(
                code: .status, message: "cannot be downloaded",
                found: "HTTP status \(answer.statusCode)\(Self.reason(answer.statusCode))")
        }
        let total = length.map { $0 + position }
        if let total, let bytes, total != bytes {
            return Failure(
                code: .length, message: "the server offers a file of another length", expected: "\(bytes) bytes",
                found: "\(total)")
        }
        if let total, total > limit {
            return Failure(
                code: .length, message: "the server offers a file that is too large",
                expected: "at most \(limit) bytes",
                found: "\(total)")
        }
        state.descriptor = open(
            part.onDisk, O_WRONLY | O_CREAT | O_CLOEXEC | (position > 0 ? O_APPEND : O_TRUNC), 0o666)
        guard state.descriptor >= 0 else {
            return Failure(
                code: .file, message: "cannot write the download", found: String(cString: strerror(errno)).lowercased())
        }
        state.done = position
        state.total = total
        state.outcome.resumed = position > 0
        return nil
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        var position = 0
        while position < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            #if canImport(Darwin)
                let count = Darwin.write(descriptor, rest.baseAddress, rest.count)
            #elseif canImport(Glibc)
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            #else
                let count = Musl.write(descriptor, rest.baseAddress, rest.count)
            #endif
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            position += count
        }
        return true
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 301, 302, 303, 307, 308: " (it leads to an address that is not secure)"
        case 401, 403: " (not allowed)"
        case 404, 410: " (no such file)"
        case 429: " (too many requests)"
        case 500...: " (the server's fault)"
        default: ""
        }
    }

    private static func describe(_ error: any Error) -> String {
        guard let error = error as? URLError else { return "\(error.localizedDescription)" }
        switch error.code {
        case .cannotConnectToHost: return "no connection to the server"
        case .cannotFindHost, .dnsLookupFailed: return "no such server, or no network"
        case .notConnectedToInternet: return "no network"
        case .timedOut: return "no answer in time"
        case .networkConnectionLost: return "the connection was cut"
        case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
            .serverCertificateNotYetValid, .serverCertificateHasUnknownRoot:
            return "no secure connection to the server"
        case .httpTooManyRedirects: return "too many redirects"
        default: return error.localizedDescription
        }
    }
}
