extension Deflater {
    /// The packed form of an array.
    /// - Returns: nil where there is no memory.
    package static func pack(_ bytes: [UInt8], level: Int) -> [UInt8]? {
        bytes.withUnsafeBytes { pack([$0], level: level) }
    }

    /// The checksum that zip and PNG use, of an array.
    package static func checksum(of bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { checksum([$0]) }
    }
}
