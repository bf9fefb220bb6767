import Foundation
import Serving
import Testing
import Zoo

@Suite struct JSONTests {
    private func read(_ text: String) throws -> JSONValue { try JSONReader.read(Array(text.utf8)[...]) }

    @Test func documents() throws {
        #expect(try read(" null ") == .null)
        #expect(try read("[]") == .array([]))
        #expect(try read("[1, -2.5e1,0]") == .numbers([1, -25, 0]))
        #expect(try read("[1, \"a\"]") == .array([.number(1), .string("a")]))
        #expect(try read("[[1],[2]]") == .array([.numbers([1]), .numbers([2])]))
        #expect(try read("{\"a\":true,\"b\":{}}") == ["a": true, "b": [:]])
        #expect(try read(#""\u00e9\ud83d\ude00\n\"\\\/""#) == .string("é😀\n\"\\/"))
        #expect(try read("[0.1]")["x"] == nil)
    }

    @Test(arguments: [
        "", " ", "nul", "{", "[", "[1", "[1,", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
        "{\"a\":1,\"a\":2}", "01", "-", "1.", ".5", "1e", "+1", "NaN", "Infinity", "1e999", "\"", "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"a\nb\"", "1 2", "[1]]", "[1 2]", "tru", "'a'",
    ])
    func refusals(_ text: String) {
        #expect(throws: GraftError.self) { try read(text) }
    }

    @Test func limits() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: GraftError.self) { try read(deep) }
        #expect(throws: GraftError.self) {
            try read(String(repeating: "[", count: 18) + String(repeating: "]", count: 18))
        }
        _ = try read(String(repeating: "[", count: 16) + String(repeating: "]", count: 16))
        var limits = JSONReader.Limits()
        limits.values = 10
        #expect(throws: GraftError.self) {
            try JSONReader.read(Array("[1,2,3,4,5,6,7,8,9,10,11]".utf8)[...], limits: limits)
        }
        limits.members = 2
        #expect(throws: GraftError.self) {
            try JSONReader.read(Array("{\"a\":1,\"b\":2,\"c\":3}".utf8)[...], limits: limits)
        }
        #expect(throws: GraftError.self) { try JSONReader.read([0x22, 0xFF, 0x22]) }
    }

    /// What is written reads back, also by Foundation.
    @Test func text() throws {
        let document: JSONValue = [
            "text": "é\"\\\u{1}\n</script>", "numbers": .numbers([0.1, 1e300, -0.0, 12]), "flag": false, "none": .null,
            "rows": [["a": 1], []],
        ]
        let bytes = document.bytes
        #expect(try JSONReader.read(bytes[...]) == document)
        let other = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        #expect(other?["text"] as? String == "é\"\\\u{1}\n</script>")
        #expect(!String(decoding: bytes, as: UTF8.self).contains("</script>"))
        let floats: [Float] = [0.1, 1e-30, .greatestFiniteMagnitude, 1 / 3, -2]
        guard case .numbers(let read) = try JSONReader.read(JSONValue.floats(floats).bytes[...]) else {
            Issue.record("no numbers")
            return
        }
        #expect(read.map { Float($0) } == floats)
    }
}
