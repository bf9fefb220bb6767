/// The sizes that a HEIC file's decoder is configured for. They are stated beside those of its boxes, and are what the
/// decoder takes memory for.
struct HEVCSizes {
    /// In pixels, of every configuration that can be read.
    private(set) var sizes: [(width: Int, height: Int)] = []

    init(_ bytes: [UInt8]) {
        // The path to the properties; of all of them, for which belong to the picture does not matter.
        guard let meta = Self.box("meta", in: bytes[...]), let properties = Self.box("iprp", in: meta.dropFirst(4)),
            let list = Self.box("ipco", in: properties)
        else { return }
        for configuration in Self.boxes("hvcC", in: list) { read(configuration) }
    }

    private mutating func read(_ configuration: ArraySlice<UInt8>) {
        let reader = ByteReader(configuration)
        guard var arrays = reader.byte(22) else { return }
        var offset = 23
        while arrays > 0, let count = reader.integer(offset + 1, width: 2, bigEndian: true) {
            offset += 3
            for _ in 0..<count {
                guard let length = reader.integer(offset, width: 2, bigEndian: true),
                    let unit = reader.slice(offset + 2, length)
                else { return }
                if let size = Self.size(ofParameterSet: unit) { sizes.append(size) }
                offset += 2 + length
            }
            arrays -= 1
        }
    }

    /// nil for a unit of another type, and one that ends too early.
    private static func size(ofParameterSet unit: ArraySlice<UInt8>) -> (width: Int, height: Int)? {
        guard let header = unit.first, header >> 1 & 0x3F == 33 else { return nil }
        var bits = BitReader(unit.dropFirst(2))
        // Its number, layers below, and the profile with its level.
        guard bits.read(4) != nil, let layers = bits.read(3), bits.read(1) != nil, bits.skip(96) else { return nil }
        var more = 0
        if layers > 0 {
            for _ in 0..<layers {
                guard let profile = bits.read(1), let level = bits.read(1) else { return nil }
                more += profile * 88 + level * 8
            }
            guard bits.skip(2 * (8 - layers)), bits.skip(more) else { return nil }
        }
        guard bits.readNumber() != nil, let chroma = bits.readNumber() else { return nil }
        if chroma == 3, bits.read(1) == nil { return nil }
        guard let width = bits.readNumber(), let height = bits.readNumber() else { return nil }
        return (width, height)
    }

    private static func box(_ name: String, in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        boxes(name, in: bytes).first
    }

    /// The contents of the boxes of that name.
    private static func boxes(_ name: String, in bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        let reader = ByteReader(bytes)
        var found: [ArraySlice<UInt8>] = []
        var offset = 0
        while let stated = reader.integer(offset, width: 4, bigEndian: true) {
            var size = stated, header = 8
            if stated == 1 {
                guard let low = reader.integer(offset + 12, width: 4, bigEndian: true),
                    reader.integer(offset + 8, width: 4, bigEndian: true) == 0
                else { break }
                (size, header) = (low, 16)
            } else if stated == 0 {
                size = reader.count - offset
            }
            guard size >= header, let content = reader.slice(offset + header, size - header) else { break }
            if reader.has(name, at: offset + 4) { found.append(content) }
            offset += size
        }
        return found
    }
}
