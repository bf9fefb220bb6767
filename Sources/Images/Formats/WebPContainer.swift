/// The chunks of a WebP file, as far as they are needed beside the bitstream that libwebp reads.
struct WebPContainer {
    /// One frame of an animation: where it lies on the canvas, in pixels, and its bitstream (with alpha, if any).
    struct Frame {
        let x: Int
        let y: Int
        let width: Int
        let height: Int
        let bitstream: ArraySlice<UInt8>
    }

    private let file: ByteReader

    init(_ bytes: [UInt8]) {
        file = ByteReader(bytes)
    }

    /// Whether all is there that the header announces.
    var isComplete: Bool {
        file.integer(4, width: 4, bigEndian: false).map { $0 + 8 <= file.count } ?? false
    }

    /// Whether the extended header says that frames follow.
    var isAnimated: Bool {
        file.has("VP8X", at: 12) && file.byte(20).map { $0 & 0x02 != 0 } ?? false
    }

    /// nil where the file ends before it.
    var firstFrame: Frame? {
        guard let chunk = chunk("ANMF") else { return nil }
        let reader = ByteReader(chunk)
        func field(_ offset: Int) -> Int? { reader.integer(offset, width: 3, bigEndian: false) }
        guard let x = field(0), let y = field(3), let width = field(6), let height = field(9),
            let bitstream = reader.slice(16, chunk.count - 16)
        else { return nil }
        return Frame(x: 2 * x, y: 2 * y, width: width + 1, height: height + 1, bitstream: bitstream)
    }

    /// The payload of the first chunk of that name; nil where there is none, or not all of it.
    func chunk(_ name: String) -> ArraySlice<UInt8>? {
        var offset = 12
        while let size = file.integer(offset + 4, width: 4, bigEndian: false) {
            if file.has(name, at: offset) { return file.slice(offset + 8, size) }
            offset += 8 + size + size % 2
        }
        return nil
    }
}
