import Weights
package import Zoo

/// What `weights` of a configuration asks for: an entry of its backbone (`imagenet1k`, `efficientnet_lite0/imagenet1k`), a
/// file by the rule of `ModelReference`, or `none`.
package enum BaseChoice: Sendable {
    case random
    /// With the set of its weights that is meant; nil for the default.
    case file(String, set: String?)
    case published(PretrainedEntry)

    /// - Parameters:
    ///   - text: nil for the backbone's first entry, or random numbers where it has none.
    ///   - set: a set of a file's weights, as for `CheckpointMatch`.
    /// - Throws: `GraftError` `.unknownName` with the nearest entry; `.invalidModel` for another backbone's entry;
    ///   `.invalidValue` for a set of something that is no file.
    package init(_ text: String?, set: String? = nil, for backbone: any Backbone) throws(GraftError) {
        try self.init(text, set, backbone)
        if case .file = self { return }
        if let set {
            throw GraftError(
                .invalidValue, "only a file has several sets of weights", parameter: "weights.set",
                expected: "a file under weights.file", found: "'\(set)' of '\(text ?? "the default")'")
        }
    }

    private init(_ text: String?, _ set: String?, _ backbone: any Backbone) throws(GraftError) {
        guard let text else {
            self = backbone.pretrained.isEmpty ? .random : .published(try backbone.pretrainedEntry(nil))
            return
        }
        switch ModelReference(text) {
        case .file(let path): self = .file(path, set: set)
        case .pretrained("none", nil): self = .random
        case .pretrained(let name, let entry?) where name == backbone.name:
            self = .published(try backbone.pretrainedEntry(entry))
        case .pretrained:
            do throws(GraftError) {
                self = .published(try backbone.pretrainedEntry(text))
            } catch {
                var error = error
                error.context.parameter = "weights"
                if FileSystem.exists(text) {
                    error.context.remedy = "the file of that name is './\(text)'"
                }
                throw error
            }
        }
    }

    /// How pictures are prepared for these weights, without loading any.
    /// - Throws: `GraftError` for a file that cannot be read.
    package func preprocessing(for backbone: any Backbone) throws(GraftError) -> Preprocessing {
        switch self {
        case .random: backbone.preprocessing
        case .published(let entry): entry.preprocessing
        case .file(let path, _): try WeightFile(path: path).metadata?.preprocessing ?? backbone.preprocessing
        }
    }
}
