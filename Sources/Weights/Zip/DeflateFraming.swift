package import Zoo

/// What stands around deflated data, and whole bodies in it.
package enum DeflateFraming: Sendable {
    /// Nothing, as in a zip archive.
    case raw
    /// zlib's two bytes and checksum: HTTP's `deflate`.
    case zlib
    /// HTTP's `gzip`.
    case gzip

    /// How zlib is told: 15 bits of window, less than nothing for no header, 16 more for gzip's.
    var windowBits: Int32 {
        switch self {
        case .raw: -15
        case .zlib: 15
        case .gzip: 31
        }
    }

    /// Inflates a whole body. Never takes memory for more than `limit` bytes, and a byte to see that there are more.
    /// - Throws: `GraftError.tooLarge` past the limit, `GraftError.damaged` for data that are wrong, cut off or followed
    ///   by others, `GraftError.outOfMemory`.
    package func inflate(_ bytes: [UInt8], limit: Int) throws(GraftError) -> [UInt8] {
        guard let inflater = Inflater(self) else { throw GraftError(.outOfMemory, "no memory to inflate a body") }
        var output: [UInt8] = []
        var consumed = 0
        while true {
            // Grows with what is really there, whatever ratio the data promise.
            let room = min(max(bytes.count, 4096, output.count), limit + 1 - output.count)
            var step: (consumed: Int, produced: Int, status: Inflater.Status) = (0, 0, .damaged)
            let piece = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                step = bytes.withUnsafeBytes {
                    inflater.run(
                        UnsafeRawBufferPointer(rebasing: $0[consumed...]), into: UnsafeMutableRawBufferPointer(buffer))
                }
                count = step.produced
            }
            consumed += step.consumed
            output += piece
            guard output.count <= limit else {
                throw GraftError(.tooLarge, "the inflated body is too large", expected: "at most \(limit) bytes")
            }
            switch step.status {
            case .end:
                guard consumed == bytes.count else { throw GraftError(.damaged, "something after the deflated body") }
                return output
            case .damaged: throw GraftError(.damaged, "the deflated body is damaged")
            case .more:
                guard step.consumed > 0 || step.produced > 0 else {
                    throw GraftError(.damaged, "the deflated body is cut off")
                }
            }
        }
    }

    /// Deflates a whole body; nil where there is no memory.
    package func deflate(_ bytes: [UInt8], level: Int = 6) -> [UInt8]? {
        bytes.withUnsafeBytes { Deflater.pack([$0], level: level, framing: self) }
    }
}
