import Zoo

/// Windows bitmaps, read here: no kept library reads them. Pixels are Pillow's.
struct BMPFormat: PictureFormat {
    let name = "BMP"
    let extensions = ["bmp", "dib"]

    func recognizes(_ start: ArraySlice<UInt8>) -> Bool {
        let reader = ByteReader(start)
        guard reader.has("BM"), let size = reader.integer(14, width: 4, bigEndian: false) else { return false }
        return BMPHeader.sizes.contains(size)
    }

    func decode(_ file: PictureFile) throws(GraftError) -> DecodedPicture {
        let header = try BMPHeader(file)
        try file.check(width: header.width, height: header.height)
        let picture =
            switch header.compression {
            case .none: try plain(file, header)
            case .runLengths: try runLengths(file, header)
            }
        return DecodedPicture(picture, profile: header.profile)
    }

    private func plain(_ file: PictureFile, _ header: BMPHeader) throws(GraftError) -> Picture {
        let (width, height, bits) = (header.width, header.height, header.bits)
        let stride = (width * bits + 31) / 32 * 4
        // The padding of the last row is not needed.
        guard header.offset + stride * (height - 1) + (width * bits + 7) / 8 <= file.bytes.count else {
            throw file.truncated()
        }
        var pixels = [UInt8](repeating: 0, count: width * height * 3)
        for y in 0..<height {
            let row = header.offset + stride * (header.isTopDown ? y : height - 1 - y)
            let target = y * width * 3
            switch header.colors {
            case .palette(let palette):
                for x in 0..<width {
                    let shift = 8 - bits - x * bits % 8
                    let index = Int(file.bytes[row + x * bits / 8] >> shift) & (1 << bits - 1)
                    for channel in 0..<3 { pixels[target + x * 3 + channel] = palette[index * 3 + channel] }
                }
            case .blueGreenRed:
                let step = bits / 8
                for x in 0..<width {
                    for channel in 0..<3 {
                        pixels[target + x * 3 + channel] = file.bytes[row + x * step + 2 - channel]
                    }
                }
            case .masks(let masks):
                let step = bits / 8
                for x in 0..<width {
                    let value = (0..<step).reduce(0) { $0 | Int(file.bytes[row + x * step + $1]) << (8 * $1) }
                    for channel in 0..<3 { pixels[target + x * 3 + channel] = masks[channel].value(of: value) }
                }
            }
        }
        return Picture(checkedWidth: width, height: height, pixels: pixels)
    }

    private func runLengths(_ file: PictureFile, _ header: BMPHeader) throws(GraftError) -> Picture {
        guard case .palette(let palette) = header.colors else { throw file.damaged("run lengths without a palette") }
        var reader = BMPRunLengths(file, header)
        let indices = try reader.indices()
        var pixels: [UInt8] = []
        pixels.reserveCapacity(indices.count * 3)
        for y in 0..<header.height {
            let row = (header.isTopDown ? y : header.height - 1 - y) * header.width
            for index in indices[row..<(row + header.width)] {
                pixels += palette[(Int(index) * 3)..<(Int(index) * 3 + 3)]
            }
        }
        return Picture(checkedWidth: header.width, height: header.height, pixels: pixels)
    }
}

/// Rows of palette indices in runs: `BI_RLE8` and `BI_RLE4`.
private struct BMPRunLengths {
    private let file: PictureFile
    private let width: Int
    private let count: Int
    private let nibbles: Bool
    private var offset: Int

    init(_ file: PictureFile, _ header: BMPHeader) {
        self.file = file
        width = header.width
        count = header.width * header.height
        nibbles = header.bits == 4
        offset = header.offset
    }

    private mutating func byte() throws(GraftError) -> UInt8 {
        guard offset < file.bytes.count else { throw file.truncated() }
        defer { offset += 1 }
        return file.bytes[offset]
    }

    /// One for each pixel, in the order of the file. What is passed over has the first color.
    mutating func indices() throws(GraftError) -> [UInt8] {
        var indices = [UInt8](repeating: 0, count: count)
        var place = 0
        var column = 0
        while place < count {
            let run = Int(try byte())
            let value = try byte()
            switch (run, value) {
            case (0, 0):
                // The end of a row.
                place += (width - place % width) % width
                column = 0
            case (0, 1):
                return indices
            case (0, 2):
                place += Int(try byte())
                place += Int(try byte()) * width
                column = place % width
            case (0, _):
                for index in 0..<min(Int(value), count - place) {
                    if nibbles {
                        let pair = index % 2 == 0 ? try byte() : file.bytes[offset - 1]
                        indices[place + index] = index % 2 == 0 ? pair >> 4 : pair & 15
                    } else {
                        indices[place + index] = try byte()
                    }
                }
                place += Int(value)
                column += Int(value)
                offset += offset % 2
            default:
                // More than the row has room for is left out.
                let length = min(run, max(0, width - column), count - place)
                for index in 0..<length {
                    indices[place + index] = nibbles ? (index % 2 == 0 ? value >> 4 : value & 15) : value
                }
                place += length
                column += length
            }
        }
        return indices
    }
}
