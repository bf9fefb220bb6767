#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import Zoo

extension ModelMetadata {
    /// The longest `graft.json` that is read: a hundred thousand classes or tensors with long names.
    static let sizeLimit = 32 << 20

    /// - Throws: `WeightsError` for what is not JSON, lacks a key, or is of a version that this Graft does not know.
    package init(json: [UInt8], file: String) throws(WeightsError) {
        struct Version: Decodable {
            let format_version: Int
        }
        let data = Data(json)
        do {
            let version = try JSONDecoder().decode(Version.self, from: data).format_version
            guard version == Self.currentFormatVersion else {
                throw WeightsError(
                    .unsupported, "the file is of another format version", file: file, member: Self.memberName,
                    expected: "\(Self.currentFormatVersion)", found: "\(version)",
                    remedy: version > Self.currentFormatVersion
                        ? "update Graft" : "convert it again with this version of Graft")
            }
            self = try JSONDecoder().decode(Self.self, from: data)
        } catch let error as WeightsError {
            throw error
        } catch {
            throw WeightsError(
                .damaged, "the model's description cannot be read", file: file, member: Self.memberName,
                found: Self.describe(error))
        }
        do throws(ZooError) {
            try preprocessing.validate()
        } catch {
            throw WeightsError(
                .damaged, "\(error.context.parameter ?? ""): \(error.message)", file: file, member: Self.memberName,
                expected: error.context.expected, found: error.context.found)
        }
    }

    /// UTF-8, keys sorted: equal descriptions are equal bytes.
    func json(file: String) throws(WeightsError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(self)) + [10]
        } catch {
            throw WeightsError(
                .value, "the model's description cannot be written", file: file, member: Self.memberName,
                found: Self.describe(error))
        }
    }

    /// Compares the members of the archive with those that the description lists, and both with `weights_sha256`.
    func check(_ entries: [TensorEntry], file: String) throws(WeightsError) {
        for entry in entries {
            guard let hash = tensors[entry.name] else {
                throw WeightsError(
                    .damaged, "the tensor is not listed in \(Self.memberName)", file: file, member: entry.name)
            }
            guard Hash.isHash(hash) else {
                throw WeightsError(
                    .damaged, "not a SHA-256 in \(Self.memberName)", file: file, member: entry.name,
                    expected: "64 hexadecimal digits", found: "'\(hash)'")
            }
        }
        let present = Set(entries.map(\.name))
        if let name = tensors.keys.filter({ !present.contains($0) }).min() {
            throw WeightsError(
                .damaged, "the tensor is listed in \(Self.memberName), but its member is missing", file: file,
                member: name)
        }
        let found = WeightsHash.combine(
            entries.map { (name: $0.name, shape: $0.shape, sha256: tensors[$0.name] ?? "") })
        guard found == weightsSHA256 else {
            throw WeightsError(
                .hash, "weights_sha256 does not fit the tensors' names, shapes and hashes", file: file,
                member: Self.memberName, expected: weightsSHA256, found: found, remedy: "get the file again")
        }
    }

    private static func describe(_ error: any Error) -> String {
        func path(_ keys: [any CodingKey]) -> String { keys.map(\.stringValue).joined(separator: ".") }
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            return "no key '\(path(context.codingPath + [key]))'"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            return "a value of the wrong type at '\(path(context.codingPath))'"
        case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
            return "a wrong value at '\(path(context.codingPath))'"
        case DecodingError.dataCorrupted: return "text that is not JSON"
        case EncodingError.invalidValue(let value, let context):
            return "\(value) at '\(path(context.codingPath))'"
        default: return "\(error)"
        }
    }
}
