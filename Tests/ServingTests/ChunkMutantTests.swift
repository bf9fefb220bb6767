import Foundation
import Serving
import Testing
import Zoo

/// Damaged requests with chunked bodies, over a socket: each is answered or refused, and none keeps the server.
@Suite struct ChunkMutantTests {
    private static let count =
        ProcessInfo.processInfo.environment["GRAFT_MUTANTS"].flatMap { Int($0) } ?? 10_000

    private static let original = Array(
        """
        POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n\
        5\r\nhello\r\n1a;name=value\r\nabcdefghijklmnopqrstuvwxyz\r\n000\r\nTrailer: x\r\n\r\n
        """.utf8)

    /// Bytes that mean something here, more often than others.
    private static let special = Array("0123456789abcdefABCDEF\r\n;:- \0x".utf8)

    /// SplitMix64.
    private struct Draws {
        var state: UInt64

        mutating func next(_ bound: Int) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return Int((word ^ (word >> 31)) % UInt64(max(1, bound)))
        }
    }

    private static func mutant(_ number: Int) -> [UInt8] {
        var random = Draws(state: UInt64(number) << 32)
        var bytes = original
        // Sizes and chunks more often than the head.
        let body = 71
        for _ in 0...random.next(4) {
            let place = random.next(4) == 0 ? random.next(bytes.count) : min(bytes.count - 1, body + random.next(60))
            switch random.next(4) {
            case 0: bytes[place] = special[random.next(special.count)]
            case 1: bytes.insert(special[random.next(special.count)], at: place)
            case 2: bytes.remove(at: place)
            default:
                let end = min(bytes.count, place + random.next(12))
                bytes.insert(contentsOf: bytes[place..<end], at: place)
            }
        }
        return bytes
    }

    @Test(.timeLimit(.minutes(10))) func chunks() throws {
        let server = try TestServer()
        var statuses: [Int: Int] = [:]
        for number in 0..<Self.count {
            let client = try server.client()
            client.send(Self.mutant(number))
            client.endSending()
            let answer = try #require(client.rest(), "mutant \(number): neither answered nor ended")
            let text = String(decoding: answer.prefix(12), as: UTF8.self)
            let status = Int(text.split(separator: " ").dropFirst().first ?? "0") ?? 0
            statuses[status, default: 0] += 1
            #expect(status < 500, "mutant \(number): \(status)")
        }
        // Many are refused; one that is cut off has nobody who waits for an answer.
        #expect((statuses[400] ?? 0) > Self.count / 20, "\(statuses)")
        #expect(try server.ask("GET", "/v2/health/live")?.status == 200)
        #expect(TestServer.eventually { server.service.queue.load == WorkQueue.Load() && server.listener.busy == 0 })
    }
}
