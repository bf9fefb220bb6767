import Testing
import Zoo

struct FileNameTests {
    /// Names as bytes, and as they are shown.
    static let names: [(bytes: [UInt8], shown: String)] = [
        (Array("plain name.jpg".utf8), "plain name.jpg"),
        (Array("café \u{1F355} 한".utf8), "café \u{1F355} 한"),
        (Array("caf".utf8) + [0xE9], #"caf\xE9"#),
        ([0xFF, 0x80, 0x41], #"\xFF\x80A"#),
        // Cut short in the middle of a character, and a character that begins anew.
        ([0xE2, 0x82, 0x41, 0xC3], #"\xE2\x82A\xC3"#),
        // Overlong, a surrogate, and beyond Unicode.
        ([0xC0, 0x80], #"\xC0\x80"#), ([0xED, 0xA0, 0x80], #"\xED\xA0\x80"#), ([0xF5, 0x80], #"\xF5\x80"#),
        // What stands for a byte inside Graft is no name of that byte.
        ([0xF4, 0x8F, 0xBB, 0xA9], #"\xF4\x8F\xBB\xA9"#),
        (Array("a\nb\t\u{7F}".utf8), #"a\x0Ab\x09\x7F"#),
        (Array("\u{202E}gpj".utf8), #"\xE2\x80\xAEgpj"#),
        // Joined emoji are left alone.
        (Array("\u{1F468}\u{200D}\u{1F469}".utf8), "\u{1F468}\u{200D}\u{1F469}"),
        (Array(#"a\b"#.utf8), #"a\b"#),
        (Array(#"a\b"#.utf8) + [0xE9], #"a\\b\xE9"#),
        // What looks like an escape and is none.
        (Array(#"a\xE9"#.utf8), #"a\\xE9"#), (Array(#"a\\b"#.utf8), #"a\\\\b"#),
    ]

    @Test(arguments: names) func `a name keeps its bytes`(bytes: [UInt8], shown: String) {
        let name = FileName.text(bytes)
        #expect(name.fileBytes == bytes)
        #expect(name.onDisk.map { UInt8(bitPattern: $0) } == bytes + [0])
        #expect(name.shown == shown)
        #expect(String(shown: shown).fileBytes == bytes)
        #expect(shown.onOneLine == shown)
    }

    @Test func `random bytes come back`() {
        var state: UInt64 = 7
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 20
        }
        for _ in 0..<5_000 {
            let count = Int(next() % 9)
            let bytes = (0..<count).map { _ in
                // Backslashes, digits and the beginnings of characters more often than by chance.
                let draw = next()
                return draw % 3 == 0 ? Array(#"\xE0é"#.utf8)[Int(draw / 3 % 6)] : UInt8(truncatingIfNeeded: draw >> 8)
            }
            let name = FileName.text(bytes)
            #expect(name.fileBytes == bytes)
            #expect(String(shown: name.shown).fileBytes == bytes)
            #expect(!name.shown.unicodeScalars.contains { $0.value < 0x20 })
        }
    }

    @Test func `paths are parted at their bytes`() {
        // A combining mark makes one character of a slash.
        #expect(Array(PathText.name(of: "a/\u{301}b").utf8) == Array("\u{301}b".utf8))
        #expect(PathText.parent(of: "a/\u{301}b") == "a")
        #expect(PathText.parent(of: "/a") == "/" && PathText.parent(of: "a") == nil)
        #expect(PathText.join("a/", "b") == "a/b" && PathText.join("a", "b") == "a/b")
    }
}
