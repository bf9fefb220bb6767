import Serving
import Testing
import Zoo

@Suite struct RouteTests {
    @Test func routes() throws {
        #expect(try Route.find(method: "GET", path: "/") == .page("index.html"))
        #expect(try Route.find(method: "HEAD", path: "/v2") == .server)
        #expect(try Route.find(method: "GET", path: "/v2/health/live") == .live)
        #expect(try Route.find(method: "GET", path: "/v2/models/a/versions/1/ready") == .modelReady("a", version: "1"))
        #expect(try Route.find(method: "POST", path: "/v2/models/a%20b/infer") == .infer("a b", version: nil))
        #expect(try Route.find(method: "GET", path: "/v2/models/stats") == .statistics(nil, version: nil))
        #expect(try Route.find(method: "POST", path: "/v2/repository/models/x/load") == .management)
    }

    @Test(arguments: [
        ("GET", "/x", 404), ("GET", "/v2/models", 404), ("GET", "/v2/models/a/b", 404), ("GET", "/../etc/passwd", 404),
        ("GET", "/page/..%2F..%2Fetc%2Fpasswd", 404), ("GET", "/v2/models/%2e%2e%2fx", 404),
        ("GET", "/v2/models/a%00", 404),
        ("GET", "/v2/models/%zz", 404), ("GET", "/v2/models/%ff", 404), ("GET", "/page/index.html/x", 404),
        ("POST", "/v2", 405), ("GET", "/predict", 405), ("DELETE", "/", 405), ("GET", "/v2/models/a/infer", 405),
        ("GET", "/learn/correct", 405), ("GET", "/explain", 405), ("POST", "/watch/state", 405),
        ("GET", "/watch/x", 404),
    ])
    func refusals(_ method: String, _ path: String, _ status: Int) {
        #expect { try Route.find(method: method, path: path) } throws: { ($0 as? GraftError)?.status == status }
    }

    @Test func names() {
        #expect(ModelDescription.isName("food-2.b_C"))
        for name in ["", "a/b", "..", ".", "stats", "a b", "ü", String(repeating: "a", count: 200)] {
            #expect(!ModelDescription.isName(name))
        }
        #expect(ModelDescription.name(for: "runs/food/model.npz") == "model")
        #expect(ModelDescription.name(for: "efficientnet_b0/imagenet1k_v1") == "efficientnet_b0-imagenet1k_v1")
        #expect(ModelDescription.name(for: "/tmp/my model.npz") == "my-model")
    }

    /// DNS rebinding, CVE-2024-28224: a foreign name that leads here.
    @Test func hosts() throws {
        var rules = AccessRules()
        for host in ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:80", "[::1]"] {
            try rules.check(["host": host], method: "GET", route: .live)
        }
        for host in [
            "", "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "[::1",
            "localhost@evil",
        ] {
            #expect { try rules.check(["host": host], method: "GET", route: .live) } throws: {
                ($0 as? GraftError)?.status == 403
            }
        }
        #expect(throws: GraftError.self) { try rules.check([:], method: "GET", route: .live) }
        rules.hosts = []
        try rules.check([:], method: "GET", route: .live)
    }

    @Test func originsAndTokens() throws {
        var rules = AccessRules()
        let own = ["host": "localhost:8000", "origin": "http://localhost:8000"]
        let foreign = ["host": "localhost:8000", "origin": "https://evil.example"]
        try rules.check(own, method: "POST", route: .predict)
        #expect(throws: GraftError.self) { try rules.check(foreign, method: "POST", route: .predict) }
        #expect(throws: GraftError.self) {
            try rules.check(["host": "localhost:8000", "origin": "null"], method: "POST", route: .predict)
        }
        rules.origins = ["https://evil.example"]
        try rules.check(foreign, method: "POST", route: .predict)
        #expect(throws: GraftError.self) { try rules.check(own, method: "POST", route: .learn(.correct)) }
        try rules.check(own.merging(["x-graft": "1"]) { $1 }, method: "POST", route: .learn(.correct))

        rules.token = "secret"
        for given in [nil, "", "Bearer", "Bearer ", "Bearer secre", "Bearer secret2", "bearer secret", "secret"]
            as [String?]
        {
            var headers = own
            headers["authorization"] = given
            #expect { try rules.check(headers, method: "POST", route: .predict) } throws: {
                ($0 as? GraftError)?.status == 401
            }
            try rules.check(headers, method: "GET", route: .live)
        }
        try rules.check(own.merging(["authorization": "Bearer secret"]) { $1 }, method: "POST", route: .predict)
        #expect(AccessRules.isEqual([], []) && !AccessRules.isEqual([1], []) && !AccessRules.isEqual([], [1]))
    }
}
