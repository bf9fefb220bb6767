package import Zoo

#if canImport(CryptoKit)
    import CryptoKit
#else
    import CCrypto
#endif

/// SHA-256, in lower-case hexadecimal: the system's own implementation, which takes what the processor has for it.
package enum Hash {
    /// Of bytes that come in pieces.
    package struct Stream: ~Copyable {
        #if canImport(CryptoKit)
            private var digest = SHA256()

            package init() {}

            package mutating func update(_ bytes: UnsafeRawBufferPointer) { digest.update(bufferPointer: bytes) }

            /// The hash of everything so far.
            package consuming func hex() -> String { Hash.hexadecimal(digest.finalize()) }
        #else
            private let context: OpaquePointer?

            package init() {
                context = EVP_MD_CTX_new()
                // Fails where there is no memory for a few hundred bytes, or no SHA-256 in the library.
                precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
            }

            deinit { EVP_MD_CTX_free(context) }

            package mutating func update(_ bytes: UnsafeRawBufferPointer) {
                EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
            }

            /// The hash of everything so far.
            package consuming func hex() -> String {
                var digest = [UInt8](repeating: 0, count: 32)
                EVP_DigestFinal_ex(context, &digest, nil)
                return Hash.hexadecimal(digest)
            }
        #endif

        package mutating func update(_ text: String) {
            var text = text
            text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
        }
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
    /// - Throws: `GraftError.unreadable`.
    package static func sha256(file path: String) throws(GraftError) -> String {
        let file = try MappedFile(path: path)
        return try file.withBytes(0..<file.count) { bytes throws(GraftError) in sha256(bytes) }
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
