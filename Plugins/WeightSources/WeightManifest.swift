import Foundation
import Weights
package import Zoo

/// What stands beside a converted file, in `BACKBONE-ENTRY.json`: what it was made of, for people and for a check.
public struct WeightManifest: Sendable, Hashable, Codable {
    /// The backbone's registered name.
    public var backbone: String
    /// The pretrained entry's name.
    public var entry: String
    /// The weights' licence.
    public var licence: String
    /// Who published them.
    public var source: String
    /// The publisher's file, by its name.
    public var original: String
    /// The publisher's file's length.
    public var originalBytes: Int
    /// The publisher's file's SHA-256.
    public var originalSHA256: String
    /// SHA-256 over the converted tensors: `weights_sha256` in the file's `graft.json`.
    public var weightsSHA256: String

    private enum CodingKeys: String, CodingKey {
        case backbone = "backbone"
        case entry = "entry"
        case licence = "licence"
        case source = "source"
        case original = "original"
        case originalBytes = "original_bytes"
        case originalSHA256 = "original_sha256"
        case weightsSHA256 = "weights_sha256"
    }

    /// Where in `directory` the entry's manifest stands.
    static func path(_ entry: PretrainedEntry, of backbone: any Backbone, in directory: String) -> String {
        "\(directory)/\(backbone.name)-\(entry.name).json"
    }

    /// nil where there is none.
    /// - Throws: `GraftError.metadata` for one that makes no sense.
    package static func read(_ path: String) throws(GraftError) -> WeightManifest? {
        guard FileSystem.exists(path), let file = try? MappedFile(path: path) else { return nil }
        guard file.count < 1 << 20, let bytes = try? file.bytes(0..<file.count),
            let manifest = try? JSONDecoder().decode(WeightManifest.self, from: Data(bytes))
        else {
            throw GraftError(.metadata, "not a manifest of weights", file: path, remedy: "get the weights again")
        }
        return manifest
    }

    func write(to path: String) throws(GraftError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let text = try? encoder.encode(self) else {
            throw GraftError(.metadata, "the manifest cannot be written", file: path)
        }
        try AtomicFile.write([UInt8](text) + [0x0A], to: path)
    }
}
