import Weights
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The files beside the parts: `run.json`, what they are, and `parts.jsonl`, a line for each that is finished and one at the end.
enum PartJournal {
    static let identityName = "run.json", name = "parts.jsonl"

    /// What a folder holds; nil where there is no `run.json`.
    /// - Throws: `GraftError` `.damaged`
    static func identity(in folder: String) throws(GraftError) -> PartIdentity? {
        let path = PathText.join(folder, identityName)
        guard FileSystem.exists(path) else { return nil }
        let bytes = try FileSystem.read(path, limit: 1 << 20, for: "the description of a run")
        let fault: String
        do {
            let identity = try JSONDecoder().decode(PartIdentity.self, from: Data(bytes))
            if identity.isPossible { return identity }
            fault = "impossible numbers or names"
        } catch {
            fault = ModelMetadata.describe(error)
        }
        throw GraftError(
            .damaged, "not the description of a run", file: path, found: fault,
            remedy: "remove the folder, or choose another one")
    }

    static func write(_ identity: PartIdentity, in folder: String) throws(GraftError) {
        try AtomicFile.write(
            try encode(identity, [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]) + [10],
            to: PathText.join(folder, identityName))
    }

    /// The lines up to the first that is not whole, as a kill may leave it, or that says of a file what it is not.
    /// - Returns: the finished parts in their order, the totals if the shard is finished, and whether there is more.
    static func read(in folder: String) throws(GraftError) -> (records: [PartRecord], end: PartTotals?, hasMore: Bool) {
        let path = PathText.join(folder, name)
        guard FileSystem.exists(path) else { return ([], nil, false) }
        let stream = try ByteStream(path: path)
        var records: [PartRecord] = []
        var totals = PartTotals()
        var whole = 0
        while true {
            let line: Data?
            do throws(GraftError) {
                line = try stream.withLine(limit: 1 << 12) { bytes throws(GraftError) in Data(Array(bytes)) }
            } catch {
                guard error.code == .tooLarge else { throw error }
                return (records, nil, true)
            }
            guard let line else { break }
            whole += line.count + 1
            // A line that lacks its end would be gone on behind.
            guard whole == stream.position else { return (records, nil, true) }
            if let record = try? JSONDecoder().decode(PartRecord.self, from: line) {
                guard record.isPossible(as: records.count),
                    FileSystem.facts(of: PathText.join(folder, record.part))?.size == record.bytes
                else {
                    return (records, nil, true)
                }
                records.append(record)
                totals.add(record)
            } else if let end = try? JSONDecoder().decode(PartTotals.self, from: line), end == totals {
                return (records, end, false)
            } else {
                return (records, nil, true)
            }
        }
        return (records, nil, false)
    }

    static func line(_ value: some Encodable) throws(GraftError) -> [UInt8] {
        try encode(value, [.sortedKeys, .withoutEscapingSlashes]) + [10]
    }

    private static func encode(
        _ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting
    ) throws(GraftError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        do {
            return [UInt8](try encoder.encode(value))
        } catch {
            throw GraftError(.value, "a run cannot be described", found: ModelMetadata.describe(error))
        }
    }
}
