import Foundation
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A small HTTP server on 127.0.0.1, at a port that the system chooses: one thread, one request a connection.
final class LocalServer: Sendable {
    /// What the server has been asked.
    struct Request: Sendable, Equatable {
        var path: String
        /// Where the asked range starts, nil for the whole file.
        var start: Int?
    }

    /// What it does with a request.
    struct Answer: Sendable {
        var status = "200 OK"
        var headers: [String] = []
        var body: [UInt8] = []
        /// The length that the answer claims; the body's for nil.
        var statedLength: Int?
        /// Seconds before the first byte.
        var delay = 0.0
    }

    let port: Int
    private let descriptor: Int32
    private let seen = Mutex<[Request]>([])

    /// - Parameter answer: called with the request and the number of requests before it.
    init(_ answer: @escaping @Sendable (Request, Int) -> Answer) throws {
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        let listener = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard listener >= 0, bound else { throw CocoaError(.fileReadUnknown) }
        descriptor = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                self.serve(connection, answer)
            }
            #if !canImport(Darwin)
                close(listener)
            #endif
        }.start()
    }

    /// Ends the thread. Until then it keeps the server alive, whatever the test still refers to.
    func stop() {
        // What wakes a thread in `accept`: on Linux shutting down, on macOS closing.
        #if canImport(Darwin)
            close(descriptor)
        #else
            shutdown(descriptor, Int32(SHUT_RDWR))
        #endif
    }

    var requests: [Request] { seen.withLock { $0 } }
    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    private func serve(_ connection: Int32, _ answer: @Sendable (Request, Int) -> Answer) {
        defer { close(connection) }
        var head: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while head.count < 1 << 16, !String(decoding: head, as: UTF8.self).contains("\r\n\r\n") {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            head += buffer[..<count]
        }
        let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count == 3 else { return }
        let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
        let start = range.flatMap { Int($0.dropFirst("range: bytes=".count).prefix { $0.isNumber }) }
        let request = Request(path: String(words[1]), start: start)
        let number = seen.withLock { seen in
            seen.append(request)
            return seen.count - 1
        }
        let reply = answer(request, number)
        if reply.delay > 0 { Thread.sleep(forTimeInterval: reply.delay) }
        var text = "HTTP/1.1 \(reply.status)\r\nContent-Length: \(reply.statedLength ?? reply.body.count)\r\n"
        for header in reply.headers { text += header + "\r\n" }
        let bytes = Array((text + "Connection: close\r\n\r\n").utf8) + reply.body
        var position = 0
        while position < bytes.count {
            #if canImport(Darwin)
                var quiet: Int32 = 1
                setsockopt(connection, SOL_SOCKET, SO_NOSIGPIPE, &quiet, socklen_t(MemoryLayout<Int32>.size))
                let flags: Int32 = 0
            #else
                let flags = Int32(MSG_NOSIGNAL)
            #endif
            let count = bytes[position...].withUnsafeBytes { send(connection, $0.baseAddress, $0.count, flags) }
            guard count > 0 else { return }
            position += count
        }
    }
}

extension LocalServer.Answer {
    /// A file as a server with ranges gives it.
    static func file(_ bytes: [UInt8], _ request: LocalServer.Request) -> LocalServer.Answer {
        guard let start = request.start else { return LocalServer.Answer(body: bytes) }
        guard start < bytes.count else { return LocalServer.Answer(status: "416 Range Not Satisfiable") }
        return LocalServer.Answer(
            status: "206 Partial Content",
            headers: ["Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)"], body: Array(bytes[start...]))
    }
}
