/// What a JPEG file says before its first scan. A damaged segment ends the walk.
struct JPEGHeader {
    /// nil where no frame is stated.
    private(set) var width: Int?
    private(set) var height: Int?
    /// The numbers of all quantisation tables, in their order.
    private(set) var tables: [UInt16] = []

    init(_ file: [UInt8]) {
        var offset = 2
        while offset + 4 <= file.count, file[offset] == 0xFF {
            let marker = file[offset + 1]
            guard marker != 0xDA, marker != 0xD9 else { break }
            let length = Int(file[offset + 2]) << 8 | Int(file[offset + 3])
            guard length >= 2, offset + 2 + length <= file.count else { break }
            let content = file[offset + 4..<offset + 2 + length]
            switch marker {
            case 0xDB: add(tables: content)
            // Frames of all kinds; the numbers between are other segments.
            case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB,
                0xCD...0xCF where content.count >= 5:
                let at = content.startIndex
                height = Int(content[at + 1]) << 8 | Int(content[at + 2])
                width = Int(content[at + 3]) << 8 | Int(content[at + 4])
            default: break
            }
            offset += 2 + length
        }
    }

    /// 64 numbers of one or two bytes behind each table's first byte.
    private mutating func add(tables: ArraySlice<UInt8>) {
        var place = tables.startIndex
        while place < tables.endIndex {
            let bytes = tables[place] >> 4 == 0 ? 1 : 2
            guard place + 1 + 64 * bytes <= tables.endIndex else { return }
            for index in 0..<64 {
                let at = place + 1 + index * bytes
                self.tables.append(bytes == 1 ? UInt16(tables[at]) : UInt16(tables[at]) << 8 | UInt16(tables[at + 1]))
            }
            place += 1 + 64 * bytes
        }
    }
}
