import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A connection to this machine that sends any bytes, also those that no client would.
final class RawClient {
    private let socketNumber: Int32
    private var received: [UInt8] = []

    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    init(port: Int) throws {
        #if canImport(Glibc)
            socketNumber = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            socketNumber = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socketNumber, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw POSIXError(.ECONNREFUSED) }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socketNumber, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(socketNumber) }

    /// Whether all of it was taken.
    @discardableResult func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            #if canImport(Darwin)
                let sent = rest.withUnsafeBytes { Darwin.send(socketNumber, $0.baseAddress, $0.count, 0) }
            #else
                let sent = rest.withUnsafeBytes {
                    Glibc.send(socketNumber, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
            #endif
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    /// Says that nothing more will be sent.
    func endSending() { shutdown(socketNumber, Int32(SHUT_WR)) }

    private enum Arrival { case bytes, end, nothing }

    /// Waits for what comes next; nothing when that takes too long.
    private func next() -> Arrival {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(socketNumber, &buffer, buffer.count, 0)
        guard count > 0 else { return count == 0 || errno == ECONNRESET ? .end : .nothing }
        received += buffer.prefix(count)
        return .bytes
    }

    private func more() -> Bool { next() == .bytes }

    /// The next answer; nil when the connection ends before it does.
    /// - Parameter hasBody: false for the answer to HEAD, which says how long a body would be.
    func answer(hasBody: Bool = true) -> Answer? {
        let mark = Array("\r\n\r\n".utf8)
        while true {
            if let end = received.firstRange(of: mark) {
                let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
                let status = Int(lines[0].split(separator: " ").dropFirst().first ?? "") ?? 0
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let pieces = line.split(separator: ":", maxSplits: 1)
                    headers[pieces[0].lowercased()] =
                        pieces.count > 1 ? pieces[1].trimmingCharacters(in: .whitespaces) : ""
                }
                received.removeFirst(end.upperBound)
                let length = hasBody ? Int(headers["content-length"] ?? "0") ?? 0 : 0
                while received.count < length { guard more() else { return nil } }
                let body = Array(received.prefix(length))
                received.removeFirst(length)
                return Answer(status: status, headers: headers, body: body)
            }
            guard more() else { return nil }
        }
    }

    /// All that comes until the server ends the connection; nil where it does not.
    func rest() -> [UInt8]? {
        while true {
            switch next() {
            case .bytes: continue
            case .end: return received
            case .nothing: return nil
            }
        }
    }

    /// Whether the server ends the connection, without another answer.
    func isClosed() -> Bool { next() == .end }
}
