import Zoo

/// A `.safetensors` file: the header's length in 8 bytes, the header, the values of the tensors one after the other.
///
/// As strict as the reference implementation: at most 100 MB of header, every byte after it belongs to exactly one tensor.
struct SafetensorsReader: WeightReader {
    let entries: [TensorEntry]
    let metadata: ModelMetadata?
    /// What the file states beside its tensors, under `__metadata__`.
    let texts: [String: String]
    private let file: MappedFile
    private let ranges: [Range<Int>]

    /// The names of the types that Graft reads.
    static let dtypes: [String: DType] = [
        "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16, "I64": .int64, "I32": .int32,
        "I16": .int16, "I8": .int8, "U64": .uint64, "U32": .uint32, "U16": .uint16, "U8": .uint8, "BOOL": .bool,
        "F8_E4M3": .float8e4m3, "F8_E5M2": .float8e5m2, "F8_E4M3FNUZ": .float8e4m3u, "F8_E5M2FNUZ": .float8e5m2u,
        "F8_E8M0": .float8e8m0,
    ]

    init(_ file: MappedFile) throws(GraftError) {
        let length = try file.integer(at: 0, as: UInt64.self)
        guard length <= UInt64(SafetensorsHeader.lengthLimit) else {
            throw GraftError(
                .refused, "the header is too large", file: file.path,
                expected: "at most \(SafetensorsHeader.lengthLimit) bytes", found: "\(length)")
        }
        let start = 8 + Int(length)
        let header = try file.withBytes(8..<start) { bytes throws(GraftError) in
            guard bytes.first == UInt8(ascii: "{") else {
                throw GraftError(.damaged, "the header does not begin with {", file: file.path)
            }
            return try SafetensorsHeader(bytes, file: file.path)
        }
        var entries: [TensorEntry] = []
        var ranges: [Range<Int>] = []
        let available = file.count - start
        for item in header.items {
            guard let dtype = Self.dtypes[item.dtype] else {
                throw GraftError(
                    .unsupported, "a type of numbers that Graft does not read", file: file.path, member: item.name,
                    expected: Self.dtypes.keys.sorted().joined(separator: ", "), found: "'\(item.dtype)'")
            }
            let entry = try TensorEntry(name: item.name, shape: item.shape, dtype: dtype, file: file.path)
            guard item.begin <= item.end, item.end <= available else {
                throw GraftError(
                    .damaged, "the tensor's bytes are not in the file", file: file.path, member: item.name,
                    expected: "at most \(available)", found: "\(item.begin) to \(item.end)")
            }
            guard item.end - item.begin == entry.byteCount else {
                throw GraftError(
                    .damaged, "the tensor's shape does not fit its bytes", file: file.path, member: item.name,
                    expected: "\(entry.byteCount) bytes", found: "\(item.end - item.begin)")
            }
            entries.append(entry)
            ranges.append(start + item.begin..<start + item.end)
        }
        try Self.checkLayout(entries, ranges, from: start, to: file)
        self.entries = entries
        self.ranges = ranges
        self.file = file
        texts = header.metadata
        metadata = try ModelMetadata(texts: texts, file: file.path)
    }

    func classes() throws(GraftError) -> [String]? { try ModelMetadata.classes(in: texts, file: file.path) }

    func values(at index: Int) throws(GraftError) -> [Float] {
        try entries[index].values(file: file.path) { target throws(GraftError) in
            try file.withBytes(ranges[index]) { target.copyMemory(from: $0) }
        }
    }

    /// No hole, no overlap, nothing after the last tensor: what is not described could be anything.
    private static func checkLayout(
        _ entries: [TensorEntry], _ ranges: [Range<Int>], from start: Int, to file: MappedFile
    ) throws(GraftError) {
        var position = start
        let order = ranges.indices.sorted {
            (ranges[$0].lowerBound, ranges[$0].upperBound) < (ranges[$1].lowerBound, ranges[$1].upperBound)
        }
        for index in order {
            guard ranges[index].lowerBound == position else {
                throw GraftError(
                    .damaged,
                    ranges[index].lowerBound < position ? "overlaps another tensor" : "unused bytes before the tensor",
                    file: file.path, member: entries[index].name, expected: "byte \(position)",
                    found: "byte \(ranges[index].lowerBound)")
            }
            position = ranges[index].upperBound
        }
        guard position == file.count else {
            throw GraftError(
                .damaged, "bytes after the last tensor", file: file.path, expected: "\(position) bytes",
                found: "\(file.count)")
        }
    }
}
