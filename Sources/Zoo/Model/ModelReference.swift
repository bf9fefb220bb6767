/// What a person names a model by: a file, or published weights.
///
/// One rule, whatever lies in the current directory: a text that ends in a weight file's extension, or begins with `./`,
/// `../` or `/`, is a file; anything else is `name` or `name/entry` of the registry.
public enum ModelReference: Sendable, Hashable {
    /// A weight file.
    case file(String)
    /// A registered backbone and one of its entries; nil for the first one.
    case pretrained(backbone: String, entry: String?)

    /// The endings of files that hold weights.
    public static let fileEndings = [".npz", ".safetensors", ".pth", ".pt", ".bin", ".ckpt"]

    /// What `text` names by the rule.
    public init(_ text: String) {
        let isPath = ["./", "../", "/"].contains { text.hasPrefix($0) }
        if isPath || Self.fileEndings.contains(where: { text.lowercased().hasSuffix($0) }) {
            self = .file(text)
        } else {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            self = .pretrained(backbone: parts[0], entry: parts.count > 1 ? parts[1] : nil)
        }
    }

    /// What a reference stands for in a registry.
    public enum Target: Sendable {
        /// A weight file, which may or may not be there.
        case file(String)
        /// A backbone; its entry is nil where none was named and none is published.
        case pretrained(any Backbone, PretrainedEntry?)
    }

    /// Finds the backbone and the entry.
    /// - Parameter hasFile: whether a file of that path is there, for the hint in the error only.
    /// - Throws: `GraftError` `.unknownName` with the nearest name, and the file of that name where there is one.
    package func target(in registry: Registry, hasFile: (String) -> Bool) throws(GraftError) -> Target {
        switch self {
        case .file(let path): return .file(path)
        case .pretrained(let name, let entry):
            do throws(GraftError) {
                let backbone = try registry.backbone(name)
                return .pretrained(
                    backbone,
                    entry == nil && backbone.pretrained.isEmpty ? nil : try backbone.pretrainedEntry(entry))
            } catch {
                guard hasFile(description) else { throw error }
                var error = error
                let hint = "the file of that name is './\(description)'"
                error.context.remedy = error.context.remedy.map { "\($0) (\(hint))" } ?? hint
                throw error
            }
        }
    }
}

extension ModelReference: CustomStringConvertible {
    /// As it was written.
    public var description: String {
        switch self {
        case .file(let path): path
        case .pretrained(let backbone, let entry): entry.map { "\(backbone)/\($0)" } ?? backbone
        }
    }
}
