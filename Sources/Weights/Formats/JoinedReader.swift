import Zoo

/// Another reader's tensors, of which some are joined along their first axis.
struct JoinedReader: WeightReader {
    private let reader: any WeightReader
    private let joins: [TensorJoin]
    let entries: [TensorEntry]
    /// By the place in `entries`: the reader's tensors that it is made of.
    private let sources: [[Int]]

    /// Nil where nothing is there to be joined.
    init?(_ reader: any WeightReader, _ joins: [TensorJoin]) {
        guard !joins.isEmpty else { return nil }
        let places = Dictionary(reader.entries.enumerated().map { ($1.name, $0) }) { first, _ in first }
        var wholes: [Int: (entry: TensorEntry, sources: [Int])] = [:]
        var used: Set<Int> = []
        for (index, entry) in reader.entries.enumerated() {
            guard let (name, sources) = Self.parts(of: entry, joins, places),
                let whole = Self.joined(sources.map { reader.entries[$0] }, name: name), places[name] == nil
            else { continue }
            wholes[index] = (whole, sources)
            used.formUnion(sources)
        }
        guard !wholes.isEmpty else { return nil }
        var entries: [TensorEntry] = []
        var sources: [[Int]] = []
        for (index, entry) in reader.entries.enumerated() where wholes[index] != nil || !used.contains(index) {
            entries.append(wholes[index]?.entry ?? entry)
            sources.append(wholes[index]?.sources ?? [index])
        }
        self.reader = reader
        self.joins = joins
        self.entries = entries
        self.sources = sources
    }

    /// The whole's name and the parts' places, where the tensor is a first part and the others are there.
    private static func parts(
        of entry: TensorEntry, _ joins: [TensorJoin], _ places: [String: Int]
    ) -> (name: String, sources: [Int])? {
        for join in joins {
            guard let first = join.parts.first, let range = entry.name.range(of: first) else { continue }
            func name(with part: String) -> String {
                entry.name[..<range.lowerBound] + part + entry.name[range.upperBound...]
            }
            let sources = join.parts.compactMap { places[name(with: $0)] }
            if sources.count == join.parts.count { return (name(with: join.whole), sources) }
        }
        return nil
    }

    /// One tensor of several that differ at most in their first extent.
    private static func joined(_ parts: [TensorEntry], name: String) -> TensorEntry? {
        guard let first = parts.first, let rows = first.shape.first,
            parts.allSatisfy({
                $0.dtype == first.dtype && !$0.shape.isEmpty && $0.shape.dropFirst() == first.shape.dropFirst()
            })
        else { return nil }
        let total = parts.dropFirst().reduce(rows) { $0 &+ $1.shape[0] }
        return try? TensorEntry(
            name: name, shape: [total] + first.shape.dropFirst(), dtype: first.dtype, file: name)
    }

    func values(at index: Int) throws(GraftError) -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(entries[index].count)
        for source in sources[index] { values += try reader.values(at: source) }
        return values
    }

    func choosing(_ set: String) throws(GraftError) -> JoinedReader {
        let other = try reader.choosing(set)
        return JoinedReader(other, joins) ?? JoinedReader(unjoined: other, joins)
    }

    /// Of a set in which there is nothing to be joined.
    private init(unjoined reader: any WeightReader, _ joins: [TensorJoin]) {
        self.reader = reader
        self.joins = joins
        entries = reader.entries
        sources = entries.indices.map { [$0] }
    }

    var metadata: ModelMetadata? { reader.metadata }
    var notes: [String] { reader.notes }
    var sets: [WeightSet] { reader.sets }
    var set: WeightSet? { reader.set }
    var opaque: [OpaqueValue] { reader.opaque }
    var refused: [RefusedTensor] { reader.refused }
    func classes() throws(GraftError) -> [String]? { try reader.classes() }
}

extension String {
    /// The first place where the text stands.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while let found = self[start...].firstIndex(where: { $0 == text.first }) {
            if self[found...].hasPrefix(text) { return found..<index(found, offsetBy: text.count) }
            start = index(after: found)
        }
        return nil
    }
}
