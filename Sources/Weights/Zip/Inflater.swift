import CZlib

/// zlib's inflate, fed from memory.
final class Inflater {
    enum Status { case more, end, damaged }

    /// On the heap: zlib keeps a pointer to it.
    private let stream: UnsafeMutablePointer<z_stream>

    /// nil where there is no memory.
    init?(_ framing: DeflateFraming = .raw) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard
            inflateInit2_(stream, framing.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Inflates until `output` is full, `input` is used up or the data end.
    func run(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> (consumed: Int, produced: Int, status: Status) {
        let inputLength = UInt32(clamping: input.count)
        let outputLength = UInt32(clamping: output.count)
        // zlib reads through next_in only; its type lacks the const.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.assumingMemoryBound(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = inputLength
        stream.pointee.next_out = output.assumingMemoryBound(to: UInt8.self).baseAddress
        stream.pointee.avail_out = outputLength
        let result = inflate(stream, Z_NO_FLUSH)
        let consumed = Int(inputLength - stream.pointee.avail_in)
        let produced = Int(outputLength - stream.pointee.avail_out)
        switch result {
        case Z_OK, Z_BUF_ERROR: return (consumed, produced, .more)
        case Z_STREAM_END: return (consumed, produced, .end)
        default: return (consumed, produced, .damaged)
        }
    }
}
