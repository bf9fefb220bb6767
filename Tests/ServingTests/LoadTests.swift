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
        let model = StubModel(delay: .milliseconds(300))
        let server = try TestServer([model], threads: 1, limits: limits)
        let clients = try (0..<8).map { _ in try server.client() }
        for client in clients {
            client.send(TestServer.request("POST", "/predict", body: [1]))
            Thread.sleep(forTimeInterval: 0.01)
        }
        // Meanwhile the rest answers at once.
        #expect(try server.ask("GET", "/v2/health/live")?.status == 200)
        #expect(model.done < 3)
        let answers = clients.compactMap { $0.answer() }
        #expect(answers.filter { $0.status == 200 }.count == 3)
        let turned = answers.filter { $0.status == 503 }
        #expect(turned.count == 5)
        #expect(turned.allSatisfy { $0.headers["retry-after"] == "1" })
        #expect(model.done == 3)
        #expect(server.service.queue.load == WorkQueue.Load())
    }

    @Test func bytesInLine() throws {
        var limits = ServingLimits()
        limits.queueBytes = 1000
        let server = try TestServer([StubModel(delay: .milliseconds(200))], threads: 1, limits: limits)
        let first = try server.client()
        first.send(TestServer.request("POST", "/predict", body: [UInt8](repeating: 1, count: 900)))
        Thread.sleep(forTimeInterval: 0.05)
        #expect(try server.ask("POST", "/predict", body: [UInt8](repeating: 1, count: 200))?.status == 503)
        #expect(first.answer()?.status == 200)
        #expect(try server.ask("POST", "/predict", body: [UInt8](repeating: 1, count: 200))?.status == 200)
    }

    /// Nobody computes for a client that went away.
    @Test func clientsThatLeave() throws {
        let model = StubModel(delay: .milliseconds(200))
        let server = try TestServer([model], threads: 1)
        let first = try server.client()
        first.send(TestServer.request("POST", "/predict", body: [1]))
        Thread.sleep(forTimeInterval: 0.05)
        do {
            let leaving = try (0..<5).map { _ in try server.client() }
            for client in leaving { client.send(TestServer.request("POST", "/predict", body: [1])) }
            Thread.sleep(forTimeInterval: 0.05)
        }
        #expect(first.answer()?.status == 200)
        #expect(TestServer.eventually { server.service.queue.load == WorkQueue.Load() })
        #expect(model.done == 1)
        #expect(TestServer.eventually { server.lines.all.filter { $0.contains(" 499 ") }.count == 5 })
        #expect(TestServer.eventually { server.listener.busy == 0 })
    }

    @Test func deadlines() throws {
        var limits = ServingLimits()
        limits.answerTime = .milliseconds(150)
        let model = StubModel(delay: .milliseconds(400))
        let server = try TestServer([model], threads: 1, limits: limits)
        let clients = try (0..<4).map { _ in try server.client() }
        for client in clients { client.send(TestServer.request("POST", "/predict", body: [1])) }
        #expect(clients.allSatisfy { $0.answer()?.status == 504 })
        #expect(TestServer.eventually { server.service.queue.load == WorkQueue.Load() })
        #expect(model.done == 1)
    }

    @Test func threads() throws {
        let model = StubModel(delay: .milliseconds(20))
        let server = try TestServer([model], threads: 4)
        _ = try server.ask("POST", "/predict", body: [1])
        #expect(model.threads == [4])
        var form: [UInt8] = []
        for _ in 0..<12 { form += Array("--x\r\nContent-Disposition: form-data; name=f\r\n\r\npicture\r\n".utf8) }
        form += Array("--x--".utf8)
        let answer = try server.ask(
            "POST", "/predict", headers: ["Content-Type": "multipart/form-data; boundary=x"], body: form)
        #expect(answer?.status == 200)
        #expect(model.threads.dropFirst().prefix(8).allSatisfy { $0 == 1 })
    }

    /// A form of many pictures does not keep a single one waiting.
    @Test func fairness() throws {
        let model = StubModel(delay: .milliseconds(10))
        let server = try TestServer([model], threads: 1)
        var form: [UInt8] = []
        for _ in 0..<100 { form += Array("--x\r\nContent-Disposition: form-data; name=f\r\n\r\npicture\r\n".utf8) }
        let many = try server.client()
        many.send(
            TestServer.request(
                "POST", "/predict", headers: ["Content-Type": "multipart/form-data; boundary=x"],
                body: form + Array("--x--".utf8)))
        Thread.sleep(forTimeInterval: 0.05)
        #expect(try server.ask("POST", "/predict", body: [1])?.status == 200)
        #expect(model.done < 100)
        #expect(many.answer()?.status == 200)
    }

    @Test func draining() throws {
        let server = try TestServer([StubModel(delay: .milliseconds(300))], threads: 1)
        let working = try server.client()
        working.send(TestServer.request("POST", "/predict", body: [1]))
        Thread.sleep(forTimeInterval: 0.05)
        server.service.drain()
        #expect(try server.ask("GET", "/v2/health/ready")?.status == 503)
        #expect(try server.ask("GET", "/v2/health/live")?.status == 200)
        let refused = try server.ask("POST", "/predict", body: [1])
        #expect(refused?.status == 503 && refused?.headers["retry-after"] == "1")
        #expect(server.listener.busy == 1)
        let answer = working.answer()
        #expect(answer?.status == 200 && answer?.headers["connection"] == "close")
        #expect(TestServer.eventually { server.listener.busy == 0 })
    }

    /// A request keeps the model that it began with; the next one gets the new one, and none fails.
    @Test func swapping() throws {
        let server = try TestServer([StubModel(classes: ["a", "b", "c"], delay: .milliseconds(5))], threads: 2)
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
            server.service.shelf.swap(
                StubModel(classes: round % 2 == 0 ? ["x", "y", "z"] : ["a", "b", "c"], delay: .milliseconds(5)))
            Thread.sleep(forTimeInterval: 0.02)
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
        kept.removeFirst()
        #expect(waiting.answer()?.status == 200)
    }
}
