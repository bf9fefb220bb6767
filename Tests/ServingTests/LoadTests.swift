import Foundation
import Serving
import Synchronization
import Testing
import Zoo

/// What a server does when it is asked for more than it can do.
@Suite(.serialized) struct LoadTests {
    @Test func fullQueue() throws {
        var limits = ServingLimits()
        limits.requests = 3
        let gate = Gate()
        let model = StubModel(gate: gate)
        let server = try TestServer([model], threads: 1, limits: limits)
        let clients = try (0..<8).map { _ in try server.client() }
        for client in clients { client.send(TestServer.request("POST", "/predict", body: [1])) }
        #expect(TestServer.eventually { server.lines.all.filter { $0.contains(" 503 ") }.count == 5 })
        // Meanwhile the rest answers at once.
        #expect(try server.ask("GET", "/v2/health/live")?.status == 200)
        #expect(model.done == 0 && server.service.queue.load.requests == 3)
        gate.open()
        let answers = clients.compactMap { $0.answer() }
        #expect(answers.filter { $0.status == 200 }.count == 3)
        let turned = answers.filter { $0.status == 503 }
        #expect(turned.count == 5)
        #expect(turned.allSatisfy { $0.headers["retry-after"] == "1" })
        #expect(model.done == 3)
        #expect(TestServer.eventually { server.service.queue.load == WorkQueue.Load() })
    }

    @Test func bytesInLine() throws {
        var limits = ServingLimits()
        limits.queueBytes = 1000
        let gate = Gate()
        let server = try TestServer([StubModel(gate: gate)], threads: 1, limits: limits)
        let first = try server.client()
        first.send(TestServer.request("POST", "/predict", body: [UInt8](repeating: 1, count: 900)))
        #expect(TestServer.eventually { server.service.queue.load.bytes == 900 })
        #expect(try server.ask("POST", "/predict", body: [UInt8](repeating: 1, count: 200))?.status == 503)
        gate.open()
        #expect(first.answer()?.status == 200)
        #expect(try server.ask("POST", "/predict", body: [UInt8](repeating: 1, count: 200))?.status == 200)
    }

    /// Nobody computes for a client that went away.
    @Test func clientsThatLeave() throws {
        let gate = Gate()
        let model = StubModel(gate: gate)
        let server = try TestServer([model], threads: 1)
        let first = try server.client()
        first.send(TestServer.request("POST", "/predict", body: [1]))
        #expect(TestServer.eventually { gate.arrived == 1 })
        do {
            let leaving = try (0..<5).map { _ in try server.client() }
            for client in leaving { client.send(TestServer.request("POST", "/predict", body: [1])) }
            #expect(TestServer.eventually { server.service.queue.load.requests == 6 })
        }
        #expect(TestServer.eventually { server.lines.all.filter { $0.contains(" 499 ") }.count == 5 })
        gate.open()
        #expect(first.answer()?.status == 200)
        #expect(TestServer.eventually { server.service.queue.load == WorkQueue.Load() })
        #expect(model.done == 1)
        #expect(TestServer.eventually { server.listener.busy == 0 })
    }

    @Test func deadlines() throws {
        var limits = ServingLimits()
        limits.answerTime = .milliseconds(150)
        let gate = Gate()
        let model = StubModel(gate: gate)
        let server = try TestServer([model], threads: 1, limits: limits)
        let clients = try (0..<4).map { _ in try server.client() }
        for client in clients { client.send(TestServer.request("POST", "/predict", body: [1])) }
        // Answered while the first picture is still at work, if it ever got so far.
        #expect(clients.allSatisfy { $0.answer()?.status == 504 })
        gate.open()
        #expect(TestServer.eventually { server.service.queue.load == WorkQueue.Load() })
        #expect(model.done <= 1)
    }

    private static func form(of count: Int) -> [UInt8] {
        let part = Array("--x\r\nContent-Disposition: form-data; name=f\r\n\r\npicture\r\n".utf8)
        return (0..<count).flatMap { _ in part } + Array("--x--".utf8)
    }

    @Test func threads() throws {
        let model = StubModel()
        let server = try TestServer([model], threads: 4)
        _ = try server.ask("POST", "/predict", body: [1])
        #expect(model.threads == [4])
        let answer = try server.ask(
            "POST", "/predict", headers: ["Content-Type": "multipart/form-data; boundary=x"], body: Self.form(of: 12))
        #expect(answer?.status == 200)
        // Only a picture that finds nobody behind it may have been alone.
        #expect(model.threads.count == 13 && model.threads.dropFirst().filter { $0 == 1 }.count >= 11)
    }

    /// A form of many pictures does not keep a single one waiting.
    @Test func fairness() throws {
        let gate = Gate()
        let model = StubModel(gate: gate)
        let server = try TestServer([model], threads: 1)
        let many = try server.client()
        many.send(
            TestServer.request(
                "POST", "/predict", headers: ["Content-Type": "multipart/form-data; boundary=x"],
                body: Self.form(of: 100)))
        #expect(TestServer.eventually { gate.arrived == 1 })
        let single = try server.client()
        single.send(TestServer.request("POST", "/predict", body: [1]))
        #expect(TestServer.eventually { server.service.queue.load.requests == 2 })
        // Its turns to be read and to be answered come after one picture of the form each.
        gate.open(4)
        #expect(single.answer()?.status == 200)
        #expect(model.done <= 4)
        gate.open()
        #expect(many.answer()?.status == 200)
        #expect(model.done == 101)
    }

    @Test func draining() throws {
        let gate = Gate()
        let server = try TestServer([StubModel(gate: gate)], threads: 1)
        let working = try server.client()
        working.send(TestServer.request("POST", "/predict", body: [1]))
        #expect(TestServer.eventually { gate.arrived == 1 })
        server.service.drain()
        #expect(try server.ask("GET", "/v2/health/ready")?.status == 503)
        #expect(try server.ask("GET", "/v2/health/live")?.status == 200)
        let refused = try server.ask("POST", "/predict", body: [1])
        #expect(refused?.status == 503 && refused?.headers["retry-after"] == "1")
        #expect(TestServer.eventually { server.listener.busy == 1 })
        gate.open()
        let answer = working.answer()
        #expect(answer?.status == 200 && answer?.headers["connection"] == "close")
        #expect(TestServer.eventually { server.listener.busy == 0 })
    }

    /// A request keeps the model that it began with; the next one gets the new one, and none fails.
    @Test func swapping() throws {
        let server = try TestServer([StubModel(classes: ["a", "b", "c"])], threads: 2)
        let stop = Atomic<Bool>(false)
        let bad = Mutex<[String]>([])
        let group = DispatchGroup()
        for _ in 0..<3 {
            DispatchQueue.global().async(group: group) {
                while !stop.load(ordering: .relaxed) {
                    let answer = try? server.ask("POST", "/predict?top=3", body: [1])
                    let text = answer?.text ?? "none"
                    let isOld = text.contains("\"a\""), isNew = text.contains("\"x\"")
                    if answer?.status != 200 || isOld == isNew { bad.withLock { $0.append(text) } }
                }
            }
        }
        for round in 0..<20 {
            let seen = server.lines.all.count
            server.service.shelf.swap(StubModel(classes: round % 2 == 0 ? ["x", "y", "z"] : ["a", "b", "c"]))
            #expect(TestServer.eventually { server.lines.all.count > seen + 3 })
        }
        stop.store(true, ordering: .relaxed)
        group.wait()
        #expect(bad.withLock { $0 } == [])
    }

    @Test func connectionLimit() throws {
        var limits = ServingLimits()
        limits.connections = 3
        let server = try TestServer(limits: limits)
        var kept = try (0..<3).map { _ in try server.client() }
        for client in kept {
            client.send(TestServer.request("GET", "/v2"))
            #expect(client.answer()?.status == 200)
        }
        let waiting = try server.client()
        waiting.send(TestServer.request("GET", "/v2"))
        // The others are answered, and it is not, though it came first.
        for round in 0..<30 {
            kept[round % 3].send(TestServer.request("GET", "/v2"))
            #expect(kept[round % 3].answer()?.status == 200)
        }
        #expect(server.lines.all.count == 33)
        kept.removeFirst()
        #expect(waiting.answer()?.status == 200)
    }
}
