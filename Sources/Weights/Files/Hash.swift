import Crypto

/// SHA-256, in lower-case hexadecimal.
package enum Hash {
    /// Of bytes that come in pieces.
    package struct Stream {
        private var digest = SHA256()

        package init() {}

        package mutating func update(_ bytes: UnsafeRawBufferPointer) { digest.update(bufferPointer: bytes) }

        package mutating func update(_ text: String) {
            var text = text
            text.withUTF8 { digest.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        }

        /// The hash of everything so far.
        package func hex() -> String { Hash.hexadecimal(digest.finalize()) }
    }

    package static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
        var stream = Stream()
        stream.update(bytes)
        return stream.hex()
    }

    package static func sha256(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { sha256($0) } }

    package static func sha256(_ text: String) -> String { sha256([UInt8](text.utf8)) }

    /// Of the values' bytes, little-endian.
    package static func sha256(_ values: [Float]) -> String { values.withUnsafeBytes { sha256($0) } }

    /// Of a whole file.
    /// - Throws: `WeightsError.unreadable`.
    package static func sha256(file path: String) throws(WeightsError) -> String {
        let file = try MappedFile(path: path)
        return try file.withBytes(0..<file.count) { bytes throws(WeightsError) in sha256(bytes) }
    }

    /// Whether `text` is a whole SHA-256 as this type writes it.
    package static func isHash(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
