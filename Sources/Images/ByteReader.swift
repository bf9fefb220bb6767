/// Bounds-checked reading of fixed-width integers from a file's bytes: nil where they end.
struct ByteReader {
    let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes[...]
    }

    var count: Int { bytes.count }

    /// `count` bytes from `offset`, counted from the first byte.
    func slice(_ offset: Int, _ count: Int) -> ArraySlice<UInt8>? {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
        return bytes[(bytes.startIndex + offset)..<(bytes.startIndex + offset + count)]
    }

    func byte(_ offset: Int) -> Int? { slice(offset, 1)?.first.map(Int.init) }

    /// An unsigned integer of `width` bytes (at most 4).
    func integer(_ offset: Int, width: Int, bigEndian: Bool) -> Int? {
        guard let slice = slice(offset, width) else { return nil }
        return bigEndian
            ? slice.reduce(0) { $0 << 8 | Int($1) }
            : slice.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// Whether the bytes from `offset` are `text`'s, in ASCII.
    func has(_ text: String, at offset: Int = 0) -> Bool {
        slice(offset, text.utf8.count)?.elementsEqual(text.utf8) ?? false
    }
}
