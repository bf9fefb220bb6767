#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
package import Zoo

extension ModelMetadata {
    /// The longest `graft.json` that is read: a hundred thousand classes or tensors with long names.
    static let sizeLimit = 32 << 20

    /// - Throws: `GraftError` for what is not JSON, lacks a key, or is of a version that this Graft does not know.
    package init(json: [UInt8], file: String) throws(GraftError) {
        struct Version: Decodable {
            let number: Int

            private enum CodingKeys: String, CodingKey {
                case number = "format_version"
            }
        }
        let data = Data(json)
        do {
            let version = try JSONDecoder().decode(Version.self, from: data).number
            guard version == Self.currentFormatVersion else {
                throw GraftError(
                    .unsupported, "the file is of another format version", file: file, member: Self.memberName,
                    expected: "\(Self.currentFormatVersion)", found: "\(version)",
                    remedy: version > Self.currentFormatVersion
                        ? "update Graft" : "convert it again with this version of Graft")
            }
            self = try JSONDecoder().decode(Self.self, from: data)
            // A file may come from anybody.
            classes = classes.map(\.shownIfNeeded)
        } catch let error as GraftError {
            throw error
        } catch {
            throw GraftError(
                .damaged, "the model's description cannot be read", file: file, member: Self.memberName,
                found: Self.describe(error))
        }
        guard temperature.map({ $0.isFinite && $0 > 0 }) ?? true else {
            throw GraftError(
                .damaged, "temperature: impossible", file: file, member: Self.memberName, expected: "a positive number",
                found: "\(temperature ?? 0)")
        }
        do throws(GraftError) {
            try preprocessing.validate()
        } catch {
            throw GraftError(
                .damaged, "\(error.context.parameter ?? ""): \(error.message)", file: file, member: Self.memberName,
                expected: error.context.expected, found: error.context.found)
        }
    }

    /// UTF-8, keys sorted: equal descriptions are equal bytes.
    func json(file: String) throws(GraftError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(self)) + [10]
        } catch {
            throw GraftError(
                .value, "the model's description cannot be written", file: file, member: Self.memberName,
                found: Self.describe(error))
        }
    }

    /// The description as other formats carry it, and what of it other programs ask for, by key: `graft.json` whole but for
    /// the hashes, which belong to the archive, and the JSON texts `classes` and `preprocessing`.
    package func texts(file: String) throws(GraftError) -> [String: String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return [
                Self.memberName: String(decoding: try encoder.encode(withoutHashes), as: UTF8.self),
                Self.classesKey: String(decoding: try encoder.encode(classes), as: UTF8.self),
                "preprocessing": String(decoding: try encoder.encode(preprocessing), as: UTF8.self),
            ]
        } catch {
            throw GraftError(
                .value, "the model's description cannot be written", file: file, member: Self.memberName,
                found: Self.describe(error))
        }
    }

    /// The description among a file's texts, nil where Graft did not write one.
    init?(texts: [String: String], file: String) throws(GraftError) {
        guard let text = texts[Self.memberName] else { return nil }
        guard text.utf8.count <= Self.sizeLimit else {
            throw GraftError(
                .refused, "the model's description is too long", file: file, member: Self.memberName,
                expected: "at most \(Self.sizeLimit) bytes", found: "\(text.utf8.count)")
        }
        try self.init(json: Array(text.utf8), file: file)
        if texts[Self.classesKey] != nil, try Self.classes(in: texts, file: file) != classes {
            throw GraftError(
                .damaged, "'\(Self.classesKey)' and '\(Self.memberName)' name different classes", file: file,
                member: "__metadata__", remedy: "change both, or remove '\(Self.memberName)'")
        }
    }

    /// The class names among a file's texts, a JSON list; nil where there are none.
    static func classes(in texts: [String: String], file: String) throws(GraftError) -> [String]? {
        guard let text = texts[classesKey] else { return nil }
        guard let names = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) else {
            throw GraftError(
                .damaged, "the class names cannot be read", file: file, member: classesKey,
                expected: "a JSON list of texts", found: "'\(text.prefix(80))'")
        }
        return names.map(\.shownIfNeeded)
    }

    /// The same description of tensors that are not listed.
    var withoutHashes: ModelMetadata {
        var copy = self
        copy.tensors = [:]
        copy.weightsSHA256 = ""
        return copy
    }

    private static let classesKey = "classes"

    /// Compares the members of the archive with those that the description lists, and both with `weights_sha256`.
    func check(_ entries: [TensorEntry], file: String) throws(GraftError) {
        for entry in entries {
            guard let hash = tensors[entry.name] else {
                throw GraftError(
                    .damaged, "the tensor is not listed in \(Self.memberName)", file: file, member: entry.name)
            }
            guard Hash.isHash(hash) else {
                throw GraftError(
                    .damaged, "not a SHA-256 in \(Self.memberName)", file: file, member: entry.name,
                    expected: "64 hexadecimal digits", found: "'\(hash)'")
            }
        }
        let present = Set(entries.map(\.name))
        if let name = tensors.keys.filter({ !present.contains($0) }).min() {
            throw GraftError(
                .damaged, "the tensor is listed in \(Self.memberName), but its member is missing", file: file,
                member: name)
        }
        let found = WeightsHash.combine(
            entries.map { (name: $0.name, shape: $0.shape, sha256: tensors[$0.name] ?? "") })
        guard found == weightsSHA256 else {
            throw GraftError(
                .hash, "weights_sha256 does not fit the tensors' names, shapes and hashes", file: file,
                member: Self.memberName, expected: weightsSHA256, found: found, remedy: "get the file again")
        }
    }

    package static func describe(_ error: any Error) -> String {
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
