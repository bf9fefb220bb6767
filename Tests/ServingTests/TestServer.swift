import Foundation
import Serving
import Synchronization
import Zoo

/// A server of stubs on a free port.
final class TestServer: Sendable {
    let service: ServingService
    let listener: HTTPListener
    let lines = Lines()

    /// What the server logged.
    final class Lines: Sendable {
        private let kept = Mutex<[String]>([])
        func add(_ line: String) { kept.withLock { $0.append(line) } }
        var all: [String] { kept.withLock { $0 } }
    }

    init(
        _ models: [any ServedModel] = [StubModel()], threads: Int = 2, rules: AccessRules = AccessRules(),
        limits: ServingLimits = ServingLimits()
    ) throws {
        let lines = lines
        service = ServingService(
            shelf: try ModelShelf(models), rules: rules, limits: limits, threads: threads, log: { lines.add($0) })
        listener = try HTTPListener(service, host: "127.0.0.1", port: 0)
    }

    deinit { listener.stop() }

    var port: Int { listener.port }

    func client() throws -> RawClient { try RawClient(port: port) }

    /// One request on a connection of its own.
    func ask(
        _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8] = []
    ) throws -> RawClient.Answer? {
        let client = try client()
        client.send(Self.request(method, path, headers: headers, body: body))
        return client.answer()
    }

    static func request(
        _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8] = []
    ) -> [UInt8] {
        var text = "\(method) \(path) HTTP/1.1\r\n"
        var headers = headers
        if headers["Host"] == nil { headers["Host"] = "localhost:8000" }
        if method == "POST", headers["Content-Length"] == nil { headers["Content-Length"] = "\(body.count)" }
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        return Array((text + "\r\n").utf8) + body
    }

    /// Waits until it is so; false after ten seconds.
    static func eventually(_ condition: () -> Bool) -> Bool {
        for _ in 0..<1000 {
            if condition() { return true }
            Thread.sleep(forTimeInterval: 0.01)
        }
        return false
    }
}
