import Zoo

/// What a Windows bitmap says of itself.
struct BMPHeader {
    /// The bits of one channel in a pixel's number.
    struct Mask {
        private let shift: Int
        private let maximum: Int

        init(_ mask: Int) {
            shift = mask == 0 ? 0 : mask.trailingZeroBitCount
            maximum = mask >> shift
        }

        /// Whether the bits lie side by side.
        var isContiguous: Bool { maximum & (maximum + 1) == 0 }

        /// 0 to 255, rounded down.
        func value(of pixel: Int) -> UInt8 {
            maximum == 0 ? 0 : UInt8(((pixel >> shift) & maximum) * 255 / maximum)
        }
    }

    enum Colors {
        /// 256 times red, green and blue.
        case palette([UInt8])
        case blueGreenRed
        case masks([Mask])
    }

    enum Compression { case none, runLengths }

    /// What the second header may be long.
    static let sizes: Set<Int> = [12, 40, 52, 56, 64, 108, 124]

    let width: Int
    let height: Int
    let isTopDown: Bool
    let bits: Int
    let compression: Compression
    let colors: Colors
    /// Where the pixels start.
    let offset: Int
    /// The one that the file embeds.
    let profile: [UInt8]?

    init(_ file: PictureFile) throws(GraftError) {
        let reader = ByteReader(file.bytes)
        func integer(_ offset: Int, _ width: Int = 4) throws(GraftError) -> Int {
            guard let value = reader.integer(offset, width: width, bigEndian: false) else { throw file.truncated() }
            return value
        }
        let size = try integer(14)
        let isOld = size == 12
        width = try integer(18, isOld ? 2 : 4)
        let rows = isOld ? try integer(20, 2) : Int(Int32(truncatingIfNeeded: try integer(22)))
        isTopDown = rows < 0
        height = abs(rows)
        bits = try integer(isOld ? 24 : 28, 2)
        guard [1, 4, 8, 16, 24, 32].contains(bits) else { throw file.unsupported("\(bits) bits a pixel") }
        let method = isOld ? 0 : try integer(30)
        switch (method, bits) {
        case (0, _), (3, 16), (3, 24), (3, 32): compression = .none
        case (1, 8), (2, 4): compression = .runLengths
        default: throw file.unsupported("compression \(method) of \(bits) bits a pixel")
        }
        var end = 14 + size
        var start = try integer(10)
        if bits <= 8 {
            let entry = isOld ? 3 : 4
            let stated = isOld ? 0 : try integer(46)
            let count = stated == 0 ? 1 << bits : stated
            guard count <= 65_536 else { throw file.damaged("a palette of \(count) colors") }
            guard let palette = reader.slice(end, count * entry) else { throw file.truncated() }
            colors = .palette(Self.palette(ByteReader(palette), count: min(count, 256), entry: entry))
            end += count * entry
            // Some writers forget the palette.
            if start == 14 + size { start = end }
        } else if method == 3 {
            guard size != 64 else { throw file.unsupported("Huffman coding") }
            var masks: [Mask] = []
            for index in 0..<3 { masks.append(Mask(try integer(54 + 4 * index))) }
            guard masks.allSatisfy(\.isContiguous) else { throw file.unsupported("channels in scattered bits") }
            let values = [try integer(54), try integer(58), try integer(62)]
            // What files without masks mean.
            colors = bits == 32 && values == [0, 0, 0] ? .blueGreenRed : .masks(masks)
            if size == 40 { end += 12 }
        } else {
            colors = bits == 16 ? .masks([Mask(0x7C00), Mask(0x3E0), Mask(0x1F)]) : .blueGreenRed
        }
        offset = start == 0 ? end : start
        guard offset < file.bytes.count else { throw file.truncated() }
        profile = size == 124 ? Self.profile(reader) : nil
    }

    /// Colors that the file leaves out are black.
    private static func palette(_ file: ByteReader, count: Int, entry: Int) -> [UInt8] {
        var palette = [UInt8](repeating: 0, count: 768)
        for color in 0..<count {
            for channel in 0..<3 {
                palette[color * 3 + channel] = UInt8(file.byte(color * entry + 2 - channel) ?? 0)
            }
        }
        return palette
    }

    /// nil where the fifth version's header names no profile in the file.
    private static func profile(_ file: ByteReader) -> [UInt8]? {
        // 'MBED', the smallest byte first.
        guard file.has("DEBM", at: 14 + 56), let offset = file.integer(14 + 112, width: 4, bigEndian: false),
            let count = file.integer(14 + 116, width: 4, bigEndian: false)
        else { return nil }
        return file.slice(14 + offset, count).map(Array.init)
    }
}
