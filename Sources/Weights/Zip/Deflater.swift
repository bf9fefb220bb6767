import CZlib

/// zlib's deflate of bytes in memory.
package enum Deflater {
    /// The packed bytes of all `pieces`, one after the other.
    /// - Parameter level: 1 (fast) to 9 (small). Level 1 looks for runs of equal bytes only, and then at how frequent each
    ///   byte is: weights have no other repetitions, so that is as small as level 6 makes them, in a third of the time.
    /// - Returns: nil where there is no memory.
    package static func pack(
        _ pieces: [UnsafeRawBufferPointer], level: Int, framing: DeflateFraming = .raw
    ) -> [UInt8]? {
        var stream = z_stream()
        // 8 is zlib's usual memory.
        guard
            deflateInit2_(
                &stream, Int32(min(max(level, 1), 9)), Z_DEFLATED, framing.windowBits, 8,
                level <= 1 ? Z_RLE : Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        let size = pieces.reduce(0) { $0 + $1.count }
        var packed = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(size))))
        var written = 0
        let finished = packed.withUnsafeMutableBytes { output in
            for (index, piece) in pieces.enumerated() {
                var rest = piece
                let isLast = index == pieces.count - 1
                repeat {
                    let input = UInt32(clamping: rest.count)
                    let room = UInt32(clamping: output.count - written)
                    let flush = isLast && Int(input) == rest.count ? Z_FINISH : Z_NO_FLUSH
                    // zlib reads through next_in only; its type lacks the const.
                    stream.next_in = UnsafeMutablePointer(
                        mutating: rest.assumingMemoryBound(to: UInt8.self).baseAddress)
                    stream.avail_in = input
                    stream.next_out = output.assumingMemoryBound(to: UInt8.self).baseAddress?.advanced(by: written)
                    stream.avail_out = room
                    let result = deflate(&stream, flush)
                    written += Int(room - stream.avail_out)
                    rest = UnsafeRawBufferPointer(rebasing: rest[Int(input - stream.avail_in)...])
                    if result == Z_STREAM_END { return true }
                    guard result == Z_OK else { return false }
                } while !rest.isEmpty || isLast
            }
            return false
        }
        guard finished else { return nil }
        packed.removeLast(packed.count - written)
        return packed
    }

    /// The zip archive's checksum of all `pieces`, one after the other.
    package static func checksum(_ pieces: [UnsafeRawBufferPointer]) -> UInt32 {
        var checksum: UInt = 0
        for piece in pieces {
            var position = 0
            while position < piece.count {
                let length = min(piece.count - position, 1 << 30)
                checksum = crc32(
                    checksum, piece.assumingMemoryBound(to: UInt8.self).baseAddress?.advanced(by: position),
                    UInt32(length))
                position += length
            }
        }
        return UInt32(truncatingIfNeeded: checksum)
    }
}
