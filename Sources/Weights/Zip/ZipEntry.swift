/// A member of a zip archive, as its central directory and local header state it.
package struct ZipEntry: Sendable, Hashable {
    /// How the member's bytes are kept.
    package enum Method: UInt16, Sendable, Hashable {
        case stored = 0
        case deflate = 8
    }

    /// The full name, parts separated by `/`.
    package let name: String
    package let method: Method
    /// The length in the archive.
    package let compressedSize: Int
    /// The length when read.
    package let size: Int
    package let crc32: UInt32
    /// Where the local header starts.
    package let headerOffset: Int
    /// Where the member's bytes start.
    package let dataOffset: Int
    /// Unix file type and permissions, 0 where the archive was not made on Unix.
    package let unixMode: UInt32
    /// Sizes and CRC may follow the bytes in a data descriptor.
    let hasDescriptor: Bool

    package var isDirectory: Bool { name.utf8.last == UInt8(ascii: "/") }
    var dataEnd: Int { dataOffset + compressedSize }
}

/// What an archive may ask for before it is refused. Declared sizes are compared before any memory is taken.
package struct ZipLimits: Sendable, Hashable {
    /// The number of members.
    package var entries: Int
    /// Bytes of all members when read.
    package var totalSize: Int
    /// How many times larger than the archive all members together may be ...
    package var ratio: Int
    /// ... once they are larger than this many bytes.
    package var ratioAllowance: Int

    package init(entries: Int, totalSize: Int, ratio: Int, ratioAllowance: Int) {
        self.entries = entries
        self.totalSize = totalSize
        self.ratio = ratio
        self.ratioAllowance = ratioAllowance
    }

    /// For weights: they hardly compress, but a freshly made model may be zeros.
    package static let weights = ZipLimits(
        entries: 100_000, totalSize: 64 << 30, ratio: 20, ratioAllowance: 256 << 20)

    /// For data sets of pictures, which are compressed already.
    package static let dataSet = ZipLimits(
        entries: 5_000_000, totalSize: 1 << 40, ratio: 20, ratioAllowance: 256 << 20)
}
