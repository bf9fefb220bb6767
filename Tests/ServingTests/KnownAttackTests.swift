import Foundation
import Serving
import Testing
import Zoo

/// What other servers of models were attacked with.
@Suite struct KnownAttackTests {
    private static let everything: [(method: String, path: String)] = [
        ("GET", "/"), ("GET", "/page/app.js"), ("GET", "/page/models"), ("GET", "/v2"), ("GET", "/v2/health/live"),
        ("GET", "/v2/health/ready"), ("GET", "/v2/models/stub"), ("POST", "/v2/models/stub/infer"),
        ("POST", "/predict"), ("POST", "/explain"), ("GET", "/metrics"), ("POST", "/v2/repository/index"),
        ("POST", "/v2/repository/models/stub/load"), ("GET", "/learn/state"), ("POST", "/learn/correct"),
        ("GET", "/watch/state"),
    ]

    /// CVE-2024-28224 (Ollama): a page's own host name is made to lead here, and its script may read every answer.
    @Test func rebinding() throws {
        let server = try TestServer()
        for (method, path) in Self.everything {
            for host in ["evil.example:\(server.port)", ""] {
                let answer = try server.ask(method, path, headers: ["Host": host, "X-Graft": "1"], body: [1])
                // What is nowhere is nowhere under any name.
                #expect([403, 404].contains(answer?.status), "\(method) \(path) as '\(host)'")
                #expect(answer?.headers["access-control-allow-origin"] == nil)
            }
        }
        #expect(try server.ask("GET", "/v2", headers: ["Host": "evil.example"])?.status == 403)
    }

    /// CVE-2023-51449 (Gradio): a path that a client sends is read as a file's.
    @Test func fileReads() throws {
        let server = try TestServer()
        let names = [
            "/etc/passwd", "../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd",
            "..%5c..%5cetc%5cpasswd", "%252e%252e%252fetc%252fpasswd", "....//....//etc/passwd", "passwd%00.js",
        ]
        let places = [
            "/file=", "/file/", "/page/", "/", "/v2/models/", "/v2/models/stub/versions/", "/learn/picture?id=",
            "/watch/picture?id=",
        ]
        for place in places {
            for name in names {
                let answer = try #require(try server.ask("GET", place + name), "\(place)\(name)")
                #expect([400, 404].contains(answer.status), "\(place)\(name): \(answer.status)")
                #expect(!answer.text.contains("root:"))
            }
        }
        // As the name of what is sent it stays a name.
        let form = """
            --x\r\nContent-Disposition: form-data; name="f"; filename="/etc/passwd"\r\n\r\npicture\r\n--x--
            """
        let named = try server.ask(
            "POST", "/predict", headers: ["Content-Type": "multipart/form-data; boundary=x"], body: Array(form.utf8))
        #expect(named?.status == 200 && named?.text.contains("root:") == false)
        #expect(try server.ask("POST", "/predict?model=/etc/passwd", body: [1])?.status == 404)
    }

    /// CVE-2025-23310 (Triton): as many chunks as there are bytes, and memory on the stack for each.
    @Test func manyChunks() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send("POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<100 { client.send(String(repeating: "1\r\na\r\n", count: 1000)) }
        client.send("0\r\n\r\n")
        let answer = client.answer()
        #expect(answer?.status == 200)
        #expect(try server.ask("GET", "/v2/health/live")?.status == 200)
    }

    /// The same attack's other half: sizes within the request that are believed.
    @Test func believedSizes() throws {
        let server = try TestServer()
        func head(_ size: String, shape: String = "[1]") -> String {
            """
            {"inputs":[{"name":"image","shape":\(shape),"datatype":"BYTES","parameters":{"binary_data_size":\(size)}}]}
            """
        }
        for (json, length) in [
            (head("9223372036854775807"), nil), (head("-1"), nil), (head("4294967296"), nil), (head("1e300"), nil),
            (head("8", shape: "[9223372036854775807]"), nil), (head("8", shape: "[4294967296,4294967296]"), nil),
            (head("8"), "9223372036854775807"), (head("8"), "-1"), (head("8"), "100000"),
            (head("8"), "99999999999999999999"),
        ] as [(String, String?)] {
            let headers = ["Inference-Header-Content-Length": length ?? "\(json.utf8.count)"]
            let answer = try server.ask(
                "POST", "/v2/models/stub/infer", headers: headers, body: Array(json.utf8) + [4, 0, 0, 0, 1, 2, 3, 4])
            #expect(answer?.status == 400 || answer?.status == 413, "\(json) \(length ?? "")")
        }
    }

    /// ShellTorch, CVE-2023-43654 (TorchServe): whoever reaches the server manages it, and has it fetch any address.
    @Test func openManagement() throws {
        let bait = try TestServer()
        let server = try TestServer()
        let address = "http://127.0.0.1:\(bait.port)/v2"
        let load =
            #"{"parameters":{"config":"{\"backend\":\"python\"}","file:1/model.py":"aW1wb3J0IG9z","url":"\#(address)"}}"#
        for (method, path) in [
            ("POST", "/v2/repository/models/new/load"), ("POST", "/v2/repository/models/stub/unload"),
            ("POST", "/v2/systemsharedmemory/region/a/register"), ("POST", "/v2/cudasharedmemory/region/a/register"),
            ("POST", "/v2/trace/setting"), ("POST", "/v2/logging"),
        ] {
            #expect(try server.ask(method, path, body: Array(load.utf8))?.status == 403, "\(path)")
        }
        for path in ["/models?url=\(address)", "/workflows?url=\(address)"] {
            #expect(try server.ask("POST", path)?.status == 404, "\(path)")
        }
        // An address in a picture's place is bytes that are no picture; the stub takes any bytes.
        let picture =
            #"{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["\#(Data(address.utf8).base64EncodedString())"],"parameters":{"url":"\#(address)"}}]}"#
        #expect(try server.ask("POST", "/v2/models/stub/infer", body: Array(picture.utf8))?.status == 200)
        #expect(try server.ask("POST", "/predict?url=\(address)", body: Array(address.utf8))?.status == 200)
        #expect(bait.lines.all.isEmpty)
    }
}
