import Foundation
import Serving
import Testing
import Zoo

/// What a server does with whole requests, over a socket.
@Suite struct ServerTests {
    private func infer(_ elements: [[UInt8]], parameters: String = "{}", outputs: String = "[]") -> [UInt8] {
        let texts = elements.map { "\"\(Data($0).base64EncodedString())\"" }.joined(separator: ",")
        return Array(
            #"{"parameters":\#(parameters),"outputs":\#(outputs),"inputs":[{"name":"image","shape":[\#(elements.count)],"datatype":"BYTES","data":[\#(texts)]}]}"#
                .utf8)
    }

    private func document(_ answer: RawClient.Answer?) throws -> JSONValue {
        try JSONReader.read(try #require(answer).body[...])
    }

    @Test func answersInOrder() throws {
        let server = try TestServer()
        let body = infer([[1], [1, 2], []], outputs: #"[{"name":"logits"},{"name":"embedding"}]"#)
        let found = try document(try server.ask("POST", "/v2/models/stub/infer", body: body))
        #expect(found["model_name"] == "stub")
        let outputs = try #require(found["outputs"]?.elements)
        #expect(outputs[0]["data"] == .numbers([1, 1, 0, 2, 1, 0, 0, 1, 0]))
        #expect(outputs[1]["shape"] == .numbers([3, 4]))
        let none = try document(try server.ask("POST", "/v2/models/stub/infer", body: infer([])))
        #expect(none["outputs"]?.elements?.first?["shape"] == .numbers([0, 3]))
    }

    @Test func keptConnection() throws {
        let server = try TestServer()
        let client = try server.client()
        for _ in 0..<3 {
            client.send(TestServer.request("POST", "/predict", body: [1, 2]))
            let answer = try #require(client.answer())
            #expect(answer.status == 200 && answer.headers["connection"] == "keep-alive")
        }
        // Several at once are answered in their order.
        client.send(
            TestServer.request("POST", "/predict?name=one", body: [1])
                + TestServer.request("GET", "/v2/health/live")
                + TestServer.request("POST", "/predict?name=two", body: [1]))
        #expect(client.answer()?.text.contains("one") == true)
        #expect(client.answer()?.body.isEmpty == true)
        #expect(client.answer()?.text.contains("two") == true)
        client.send(TestServer.request("GET", "/v2", headers: ["Connection": "close"]))
        #expect(client.answer()?.headers["connection"] == "close")
        #expect(client.isClosed())
    }

    @Test func head() throws {
        let server = try TestServer()
        let client = try server.client()
        let whole = try #require(try server.ask("GET", "/v2"))
        client.send(TestServer.request("HEAD", "/v2") + TestServer.request("GET", "/v2/health/ready"))
        // The length is that of the document, which does not follow.
        let head = client.answer(hasBody: false)
        #expect(head?.status == 200 && head?.headers["content-length"] == "\(whole.body.count)")
        let next = client.answer()
        #expect(next?.status == 200 && next?.headers["content-length"] == "0")
    }

    @Test func statuses() throws {
        let server = try TestServer()
        let cases: [(String, String, [String: String], [UInt8], Int)] = [
            ("GET", "/v2/health/live", [:], [], 200), ("GET", "/v2/health/ready", [:], [], 200),
            ("GET", "/nothing", [:], [], 404), ("POST", "/v2", [:], [], 405),
            ("POST", "/v2/models/other/infer", [:], [1], 404),
            ("POST", "/v2/models/stub/versions/2/infer", [:], [1], 404),
            ("POST", "/v2/models/stub/infer", [:], [], 400),
            ("POST", "/v2/models/stub/infer", [:], Array("{".utf8), 400),
            ("POST", "/v2/models/stub/infer", ["Inference-Header-Content-Length": "x"], Array("{}".utf8), 400),
            ("POST", "/predict", ["Content-Encoding": "br"], [1], 415),
            ("POST", "/predict", ["Content-Encoding": "gzip"], [1], 400),
            ("POST", "/predict", ["Content-Type": "multipart/mixed"], [1], 400),
            ("POST", "/predict", [:], Array("!".utf8), 400), ("POST", "/predict", [:], [], 400),
            ("POST", "/predict", ["Content-Length": "999999999999"], [], 413),
            ("GET", "/v2", ["Host": "evil.example"], [], 403), ("GET", "/v2", ["Host": ""], [], 403),
            ("POST", "/predict", ["Origin": "https://evil.example"], [1], 403),
            ("POST", "/v2/repository/models/stub/load", [:], Array("{}".utf8), 403),
            ("GET", "/learn/state", [:], [], 404), ("GET", "http://localhost/v2", [:], [], 400),
        ]
        for (method, path, headers, body, status) in cases {
            let answer = try #require(try server.ask(method, path, headers: headers, body: body), "\(method) \(path)")
            #expect(answer.status == status, "\(method) \(path): \(answer.status) \(answer.text)")
            #expect(answer.headers["x-content-type-options"] == "nosniff")
            if status >= 400 {
                let error = try JSONReader.read(answer.body[...])
                #expect(error["error"]?.text?.isEmpty == false)
            }
        }
    }

    @Test func malformedRequests() throws {
        let server = try TestServer()
        for text in [
            "nonsense\r\n\r\n", "GET /v2 HTTP/1.1\r\n\r\n",
            "GET /v2 HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
            "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
            "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
            "POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx",
            "GET /v2 HTTP/1.1\r\nHost: localhost\r\nA : b\r\n\r\n",
        ] {
            let client = try server.client()
            client.send(text)
            let answer = client.answer()
            #expect(answer?.status == 400, "\(text): \(answer?.status ?? 0)")
            #expect(client.isClosed())
        }
        let client = try server.client()
        client.send("GET /v2 HTTP/1.1\r\nHost: localhost\r\nA: \(String(repeating: "a", count: 40000))\r\n\r\n")
        #expect(client.answer()?.status == 431)
        #expect(try server.ask("GET", "/v2/health/live")?.status == 200)
    }

    /// CVE-2025-23310: the sizes of chunks add up to more than the limit.
    @Test func chunks() throws {
        var limits = ServingLimits()
        limits.bodyBytes = 1000
        let server = try TestServer(limits: limits)
        let head = "POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        let good = try server.client()
        good.send(head + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
        #expect(good.answer()?.status == 200)
        let long = try server.client()
        long.send(head)
        for _ in 0..<300 { long.send("5\r\nabcde\r\n") }
        #expect(long.answer()?.status == 413)
        #expect(long.isClosed())
        let announced = try server.client()
        announced.send(head + "7fffffff\r\n" + String(repeating: "x", count: 2000))
        #expect(announced.answer()?.status == 413)
    }

    @Test func inflatedBodies() throws {
        var limits = ServingLimits()
        limits.bodyBytes = 10_000
        let server = try TestServer(limits: limits)
        for coding in ContentCoding.allCases {
            for (count, status) in [(10_000, 200), (10_001, 413), (5_000_000, 413)] {
                let packed = try #require(coding.encode([UInt8](repeating: 1, count: count)))
                let answer = try server.ask(
                    "POST", "/predict", headers: ["Content-Encoding": coding.rawValue], body: packed)
                #expect(answer?.status == status)
            }
        }
    }

    @Test func continuing() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send("POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        #expect(client.answer()?.status == 100)
        client.send("abc")
        #expect(client.answer()?.status == 200)
        // Refused before anything is sent.
        let other = try server.client()
        other.send(
            "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
        #expect(other.answer()?.status == 413)
    }

    @Test func slowClients() throws {
        var limits = ServingLimits()
        limits.headerTime = .milliseconds(300)
        limits.bodyTime = .milliseconds(300)
        let server = try TestServer(limits: limits)
        let header = try server.client()
        // Without the deadline the server would wait for more, and the client for it.
        for letter in "GET /v2 HTTP/1.1\r\nHost: loc" {
            header.send(String(letter))
            Thread.sleep(forTimeInterval: 0.02)
        }
        #expect(header.isClosed())
        // Each byte comes in time; the whole does not.
        let body = try server.client()
        body.send("POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
        for _ in 0..<30 {
            body.send("x")
            Thread.sleep(forTimeInterval: 0.02)
        }
        #expect(body.answer()?.status == 408)
    }

    @Test func requestIDs() throws {
        let server = try TestServer()
        #expect(try server.ask("GET", "/v2", headers: ["X-Request-Id": "mine-7"])?.headers["x-request-id"] == "mine-7")
        let other = try server.ask("GET", "/v2", headers: ["X-Request-Id": "a b\u{1}"])
        #expect(other?.status == 400 || other?.headers["x-request-id"]?.contains(" ") == false)
        #expect(TestServer.eventually { server.lines.all.contains { $0.hasPrefix("mine-7 127.0.0.1 GET /v2 200") } })
    }

    @Test func metrics() throws {
        let server = try TestServer()
        _ = try server.ask("POST", "/predict", body: [1])
        let text = try #require(try server.ask("GET", "/metrics")).text
        for line in [
            "graft_requests_total{route=\"predict\",status=\"200\"} 1", "graft_pictures_total{model=\"stub\"} 1",
            "graft_request_duration_seconds_count{route=\"predict\"} 1", "graft_queue_requests 0", "graft_ready 1",
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            #expect(line.wholeMatch(of: /[a-z_]+(\{[^{}]*\})? [-+0-9.e]+/) != nil, "\(line)")
        }
    }

    @Test func crossOrigin() throws {
        let server = try TestServer(rules: AccessRules(origins: ["https://good.example"]))
        let headers = ["Origin": "https://good.example"]
        let answer = try server.ask("POST", "/predict", headers: headers, body: [1])
        #expect(answer?.headers["access-control-allow-origin"] == "https://good.example")
        #expect(try server.ask("OPTIONS", "/predict", headers: headers)?.status == 204)
        let other = try server.ask("OPTIONS", "/predict", headers: ["Origin": "https://evil.example"])
        #expect(other?.status == 405 && other?.headers["access-control-allow-origin"] == nil)
    }
}
