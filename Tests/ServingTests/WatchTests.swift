import Foundation
import Learning
import Runs
import Serving
import TestSupport
import Testing
import Zoo

/// The page of a training that is under way.
@Suite struct WatchTests {
    private func record(_ epoch: Int, correct: Int) -> EpochRecord {
        EpochRecord(
            epoch: epoch, phase: 1, trainLoss: 1 / Double(epoch), trainCorrect: correct, trainTotal: 20,
            testLoss: 2 / Double(epoch), testCorrect: correct / 2, testTotal: 10, learningRate: 0.1, seconds: 0.5)
    }

    private func ask(_ server: WatchServer, _ path: String) throws -> RawClient.Answer {
        let client = try RawClient(port: server.port)
        client.send(TestServer.request("GET", path))
        return try #require(client.answer())
    }

    @Test func state() throws {
        let server = try WatchServer(port: 0)
        defer { server.watch.end("over", isGood: true) }
        #expect(try ask(server, "/").text.contains("/page/watch.js"))
        let empty = try JSONReader.read(try ask(server, "/watch/state").body[...])
        #expect(empty["epochs"]?.elements?.isEmpty == true && empty["curves"] == "" && empty["end"] == .null)

        let picture = "\(Fixtures.path("images/decoding"))/420.jpg"
        server.watch.show(.pictures(train: 20, test: 10, task: .classification, classes: ["a", "b"]))
        server.watch.show(.epoch(record(1, correct: 8), of: 3))
        server.watch.show(.epoch(record(2, correct: 14), of: 3))
        server.watch.show(
            .mistakes(
                [TrainingMistake(path: picture, truth: "a", guess: "b", probability: 0.75, truthProbability: 0.25)],
                epoch: 2))
        let found = try JSONReader.read(try ask(server, "/watch/state").body[...])
        #expect(found["epochs"]?.elements?.count == 2 && found["expected"]?.integer == 3)
        #expect(found["epochs"]?.elements?.last?["testCorrect"]?.integer == 7)
        #expect(found["curves"]?.text?.contains("<svg") == true)
        let mistake = try #require(found["mistakes"]?.elements?.first)
        #expect(mistake["name"] == "420.jpg" && mistake["truth"] == "a" && mistake["guess"] == "b")
        // No path leaves the server, and none gets in.
        #expect(try ask(server, "/watch/state").text.contains(Fixtures.path("images")) == false)
        let number = try #require(mistake["id"]?.integer)
        let small = try ask(server, "/watch/picture?id=\(number)")
        #expect(
            small.status == 200 && small.headers["content-type"] == "image/jpeg"
                && small.body.starts(with: [0xFF, 0xD8]))
        for id in ["1", "-1", "x", "", picture] { #expect(try ask(server, "/watch/picture?id=\(id)").status == 404) }
        #expect(try ask(server, "/v2/models/stub").status == 404)
        #expect(try ask(server, "/page/models").text.contains(#""models":[]"#))
    }

    /// The end is told to a page that looks, and the server waits for that.
    @Test func end() throws {
        let server = try WatchServer(port: 0)
        #expect(!server.watch.isLookedAt)
        _ = try ask(server, "/watch/state")
        #expect(server.watch.isLookedAt)
        server.watch.end("12 of 12", isGood: true)
        #expect(server.watch.isLookedAt)
        let found = try JSONReader.read(try ask(server, "/watch/state").body[...])
        #expect(found["end"]?["text"] == "12 of 12")
        let ending = Thread { server.end("12 of 12", isGood: true) }
        ending.start()
        // What the page shows with the end is fetched after it: answered too.
        Thread.sleep(forTimeInterval: 0.2)
        #expect(try ask(server, "/watch/picture?id=0").status == 404)
        while !ending.isFinished { Thread.sleep(forTimeInterval: 0.02) }
        #expect(!server.watch.isLookedAt)
        #expect(throws: (any Error).self) { try RawClient(port: server.port) }
    }
}
