package import Weights
package import Zoo

/// The files in a tar archive, one after the other: a header and at most one file's content are held. Nothing is written to
/// disk, and no name in it is ever opened.
///
/// Read are POSIX `ustar` and `pax` (`path`, `size`), GNU tar's long names, and archives one behind the other. Everything else
/// than files is passed over.
package struct TarReader {
    /// A file in the archive.
    package struct Member: Sendable {
        /// Its path in the archive, as `FileName` has it.
        package let name: String
        /// Its length in bytes.
        package let size: Int
        /// Where its content begins.
        package let offset: Int
        /// Whether the content has holes, and so is not to be read from here.
        package let isSparse: Bool
    }

    /// The longest extended header, and the longest name, in bytes: file systems have far less.
    private static let extendedLimit = 1 << 20, nameLimit = 1 << 16

    private let stream: ByteStream
    /// The last file, for messages.
    private var last: Member?
    /// What of the last member's content, and of its filling to whole blocks, was not taken yet; and which it is, if a file.
    private var rest: (content: Int, filling: Int, file: Member?) = (0, 0, nil)

    package init(_ stream: ByteStream) { self.stream = stream }

    /// Whether these are the first bytes of an archive.
    package static func recognizes(_ start: some Collection<UInt8>) -> Bool {
        // An archive without files is empty blocks.
        start.count == TarHeader.length && start.allSatisfy { $0 == 0 } || ((try? TarHeader(start)) ?? nil) != nil
    }

    /// The next file, nil at the end.
    /// - Throws: `GraftError` `.damaged`, with the archive, where in it, and behind which file; `.unsupported` for an archive
    ///   that is compressed.
    package mutating func next() throws(GraftError) -> Member? {
        try passRest()
        var extended = Extended()
        while true {
            let offset = stream.position
            let block = try stream.read(TarHeader.length)
            // The end, or the filling behind it; another archive may follow.
            if block.allSatisfy({ $0 == 0 }) {
                guard extended.isEmpty else { throw damaged("a long name or size without its file", at: offset) }
                if block.count < TarHeader.length { return nil }
                continue
            }
            guard block.count == TarHeader.length else { throw cut(at: offset, by: TarHeader.length, of: block.count) }
            guard let header = try header(block, at: offset) else {
                if offset == 0 { throw notAnArchive(block) }
                throw damaged("no header where one has to be", at: offset, found: "a wrong checksum")
            }
            let size = header.kind == .file ? extended.size ?? header.size : header.size
            let filling = (TarHeader.length - size % TarHeader.length) % TarHeader.length
            rest = (size, filling, nil)
            switch header.kind {
            case .longName:
                extended.name = Array(try content(limit: Self.nameLimit, at: offset).prefix { $0 != 0 })
            case .extended:
                try extended.read(
                    try content(limit: Self.extendedLimit, at: offset),
                    error: {
                        damaged("an extended header that cannot be read", at: offset, found: $0)
                    })
            case .file, .sparse:
                var hasMoreHoles = header.hasMoreHoles
                while hasMoreHoles {
                    let holes = try stream.read(TarHeader.length)
                    guard holes.count == TarHeader.length else {
                        throw cut(at: stream.position, by: TarHeader.length, of: holes.count)
                    }
                    hasMoreHoles = TarHeader.hasMoreHoles(holes)
                }
                let member = Member(
                    name: FileName.text(extended.name ?? header.name), size: size, offset: stream.position,
                    isSparse: extended.isSparse || header.kind == .sparse)
                if let length = stream.count, size > length - stream.position {
                    throw cut(member, of: length - stream.position)
                }
                last = member
                rest.file = member
                return member
            case .note: try passRest()
            case .other:
                extended = Extended()
                try passRest()
            }
        }
    }

    /// The content of the file that `next` gave last; to be asked for once, and only if it is not too large.
    /// - Throws: `GraftError` `.damaged` where the archive ends before it.
    package mutating func content() throws(GraftError) -> [UInt8] {
        let size = rest.content
        let bytes = try stream.read(size)
        rest.content -= bytes.count
        if bytes.count < size, let last { throw cut(last, of: bytes.count) }
        return bytes
    }

    /// The content of a header's own, which has to be small.
    private mutating func content(limit: Int, at offset: Int) throws(GraftError) -> [UInt8] {
        let size = rest.content
        guard size <= limit else {
            throw damaged("a header too large", at: offset, expected: "at most \(limit) bytes", found: "\(size)")
        }
        let bytes = try stream.read(size)
        guard bytes.count == size else { throw cut(at: stream.position, by: size, of: bytes.count) }
        rest.content = 0
        try passRest()
        return bytes
    }

    private mutating func passRest() throws(GraftError) {
        let passed = try stream.skip(rest.content)
        guard passed == rest.content else {
            if let file = rest.file { throw cut(file, of: file.size - rest.content + passed) }
            throw cut(at: stream.position, by: rest.content, of: passed)
        }
        // Some programs leave out the filling behind the last file.
        _ = try stream.skip(rest.filling)
        rest = (0, 0, nil)
    }

    private func header(_ block: [UInt8], at offset: Int) throws(GraftError) -> TarHeader? {
        do throws(GraftError) {
            return try TarHeader(block)
        } catch {
            throw damaged(error.message, at: offset, expected: error.context.expected)
        }
    }

    // MARK: errors

    private func notAnArchive(_ start: [UInt8]) -> GraftError {
        let programs: [(name: String, magic: [UInt8])] = [
            ("gzip", [0x1F, 0x8B]), ("zstd", [0x28, 0xB5, 0x2F, 0xFD]), ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A]),
            ("bzip2", [0x42, 0x5A, 0x68]),
        ]
        if let program = programs.first(where: { start.starts(with: $0.magic) })?.name {
            return GraftError(
                .unsupported, "a compressed archive", file: stream.name, expected: "a plain tar file",
                remedy: "unpack it on the way: \(program) -dc FILE | graft predict MODEL -")
        }
        return GraftError(.damaged, "not a tar archive", file: stream.name, found: "a wrong checksum at byte 0")
    }

    private func damaged(
        _ message: String, at offset: Int, expected: String? = nil, found: String? = nil
    ) -> GraftError {
        GraftError(
            .damaged, message, file: stream.name, member: place(offset), expected: expected, found: found,
            remedy: "get the archive again, or make it anew")
    }

    private func cut(at offset: Int, by count: Int, of found: Int) -> GraftError {
        damaged("the archive is cut off", at: offset, expected: "\(count) bytes", found: "\(found)")
    }

    private func cut(_ member: Member, of found: Int) -> GraftError {
        GraftError(
            .damaged, "the archive is cut off in this file", file: stream.name,
            member: "\(member.name.shown) at byte \(member.offset)", expected: "\(member.size) bytes",
            found: "\(max(0, found))", remedy: "get the archive again, or make it anew")
    }

    private func place(_ offset: Int) -> String {
        last.map { "byte \(offset), behind \($0.name.shown)" } ?? "byte \(offset)"
    }

    /// What stands before a member's header and belongs to it.
    private struct Extended {
        var name: [UInt8]?
        var size: Int?
        var isSparse = false

        var isEmpty: Bool { name == nil && size == nil && !isSparse }

        /// Records of `LENGTH KEY=VALUE` and a line feed, the length that of the whole record.
        mutating func read(_ bytes: [UInt8], error: (String) -> GraftError) throws(GraftError) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let digits = rest.prefix { (48...57).contains($0) }
                guard !digits.isEmpty, digits.count <= 7, let length = Int(String(decoding: digits, as: UTF8.self)),
                    length > digits.count + 3, length <= rest.count
                else { throw error("a record of the wrong length") }
                let record = rest.prefix(length)
                rest = rest.dropFirst(length)
                guard record.last == 10, record.dropFirst(digits.count).first == 32,
                    let equals = record.firstIndex(of: UInt8(ascii: "="))
                else { throw error("a record without a key") }
                let key = record[(record.startIndex + digits.count + 1)..<equals]
                let value = record[(equals + 1)..<(record.endIndex - 1)]
                if key.elementsEqual("path".utf8) {
                    guard value.count <= TarReader.nameLimit else { throw error("a name of \(value.count) bytes") }
                    name = Array(value)
                } else if key.elementsEqual("size".utf8) {
                    guard value.count <= 18, value.allSatisfy({ (48...57).contains($0) }),
                        let number = Int(String(decoding: value, as: UTF8.self))
                    else { throw error("a size that is none") }
                    size = number
                } else if key.starts(with: "GNU.sparse.".utf8) {
                    isSparse = true
                    if key.elementsEqual("GNU.sparse.name".utf8) { name = Array(value) }
                }
            }
        }
    }
}
