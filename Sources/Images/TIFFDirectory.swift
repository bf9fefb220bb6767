/// The first directory of a TIFF structure, which EXIF is one of. Damage ends the walk.
struct TIFFDirectory {
    private let reader: ByteReader
    private let bigEndian: Bool
    private let directory: Int
    private let count: Int

    /// nil where the structure is none.
    init?(_ tiff: ArraySlice<UInt8>) {
        let reader = ByteReader(tiff)
        if reader.has("II*\0") {
            bigEndian = false
        } else if reader.has("MM\0*") {
            bigEndian = true
        } else {
            return nil
        }
        guard let directory = reader.integer(4, width: 4, bigEndian: bigEndian),
            let count = reader.integer(directory, width: 2, bigEndian: bigEndian)
        else { return nil }
        self.reader = reader
        self.directory = directory
        self.count = count
    }

    /// The value of tag 0x0112, one SHORT or LONG; nil where there is none.
    var orientation: Int? {
        first { entry, tag, type, values in
            guard tag == 0x0112, values == 1 else { return nil }
            // In place.
            switch type {
            case 3: return reader.integer(entry + 8, width: 2, bigEndian: bigEndian)
            case 4: return reader.integer(entry + 8, width: 4, bigEndian: bigEndian)
            default: return nil
            }
        }
    }

    /// The text of a tag, without the spaces around it: 0x010F is the camera's maker, 0x0110 its model. nil where there is none
    /// of at most 200 bytes.
    func text(_ wanted: Int) -> String? {
        first { entry, tag, type, values in
            guard tag == wanted, type == 2, (1...200).contains(values) else { return nil }
            let place = values <= 4 ? entry + 8 : reader.integer(entry + 8, width: 4, bigEndian: bigEndian)
            guard let bytes = place.flatMap({ reader.slice($0, values) }) else { return nil }
            let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                .split { $0.isWhitespace }.joined(separator: " ")
            return text.isEmpty ? nil : text
        }
    }

    /// Of the first entry that gives one.
    private func first<Value>(_ read: (_ entry: Int, _ tag: Int, _ type: Int, _ values: Int) -> Value?) -> Value? {
        for index in 0..<count {
            let entry = directory + 2 + 12 * index
            guard let tag = reader.integer(entry, width: 2, bigEndian: bigEndian),
                let type = reader.integer(entry + 2, width: 2, bigEndian: bigEndian),
                let values = reader.integer(entry + 4, width: 4, bigEndian: bigEndian)
            else { return nil }
            if let value = read(entry, tag, type, values) { return value }
        }
        return nil
    }
}
