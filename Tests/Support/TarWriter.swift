import Zoo

/// Tar archives in memory, with whatever a test wants to be wrong in them.
package enum TarWriter {
    /// An archive of files, ended as it should be.
    package static func bytes(_ members: [(name: String, content: [UInt8])]) -> [UInt8] {
        members.flatMap { member($0.name, $0.content) } + [UInt8](repeating: 0, count: 1024)
    }

    /// A header and the content, filled to whole blocks.
    /// - Parameter size: what the header says; the content's own length for nil.
    package static func member(
        _ name: String, _ content: [UInt8], kind: Character = "0", size: [UInt8]? = nil
    ) -> [UInt8] {
        let filling = (512 - content.count % 512) % 512
        return header(name, kind: kind, size: size ?? octal(content.count, 11)) + content
            + [UInt8](repeating: 0, count: filling)
    }

    private static func header(_ name: String, kind: Character, size: [UInt8]) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: [UInt8], at place: Int) { block.replaceSubrange(place..<place + bytes.count, with: bytes) }
        put(Array(name.utf8.prefix(100)), at: 0)
        put(octal(0o644, 7), at: 100)
        put(size, at: 124)
        put(octal(0, 11), at: 136)
        put([UInt8](repeating: 32, count: 8), at: 148)
        put([kind.asciiValue ?? 0], at: 156)
        put(Array("ustar\u{0}00".utf8), at: 257)
        put(octal(block.reduce(0) { $0 + Int($1) }, 6) + [0, 32], at: 148)
        return block
    }

    private static func octal(_ value: Int, _ digits: Int) -> [UInt8] {
        let text = String(value, radix: 8)
        return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
    }
}
