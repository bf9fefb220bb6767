public import Zoo

import Foundation
import Heads
import Weights

/// Turns a publisher's checkpoint into Graft's own file.
public enum PretrainedWeights {
    /// Writes `BACKBONE-ENTRY.npz` and its manifest.
    /// - Parameters:
    ///   - checkpoint: the publisher's file, in any format that `WeightFile` reads.
    ///   - directory: where the files shall be; it is made if it is not there.
    ///   - original: what the publisher calls the file; the checkpoint's own name for nil.
    /// - Returns: the path of the `.npz`.
    /// - Throws: `GraftError.hash` or `.length` for another file than the published one, `GraftError` for one that
    ///   cannot be read, written or does not fit the backbone.
    @discardableResult
    public static func convert(
        _ checkpoint: String, entry: PretrainedEntry, of backbone: any Backbone, to directory: String,
        original: String? = nil
    ) throws(GraftError) -> String {
        let sha256 = try check(checkpoint, entry: entry, name: checkpoint, remedy: nil)
        let file = try WeightFile(path: checkpoint)
        let graph = try graph(of: entry, backbone)
        let rename: (String) -> String? = { backbone.parameterName(forCheckpointName: $0) }
        try LoadReport(file.entries, for: graph.parameters, rename: rename).check(file: checkpoint)
        let loaded = try file.load(rename: rename)
        // In the model's order, whatever order the publisher chose.
        var state = StateDict()
        for parameter in graph.parameters { state[parameter.name] = loaded[parameter.name] }

        let metadata = ModelMetadata(
            backbone: backbone.name, pooling: backbone.pooling.rawValue,
            head: .init(kind: LinearHead.kind, options: try head(of: backbone).options), classes: entry.classes,
            preprocessing: entry.preprocessing, licence: entry.licence,
            source: "\(entry.source); converted from the file with SHA-256 \(sha256)")
        try CacheDirectory.make(directory)
        let path = WeightStore(directory: directory).path(entry, of: backbone)
        // Without the file the manifest says nothing, so it may be there first.
        let hash = state.weightsSHA256
        let manifest = WeightManifest(
            backbone: backbone.name, entry: entry.name, licence: entry.licence, source: entry.source,
            original: original ?? URL(fileURLWithPath: checkpoint).lastPathComponent,
            originalBytes: try MappedFile(path: checkpoint).count, originalSHA256: sha256,
            weightsSHA256: hash)
        try manifest.write(to: WeightManifest.path(entry, of: backbone, in: directory))
        try NPZ.write(state, metadata: metadata, to: path, level: 9)
        return path
    }

    /// Compares a file with what the publisher states.
    /// - Parameter name: what messages call the file.
    /// - Returns: the file's SHA-256.
    static func check(
        _ path: String, entry: PretrainedEntry, name: String, remedy: String?
    ) throws(GraftError) -> String {
        let bytes = try MappedFile(path: path).count
        if let expected = entry.bytes, bytes != expected {
            throw GraftError(
                .length, "the file is not the published one", file: name, expected: "\(expected) bytes",
                found: "\(bytes)", remedy: remedy)
        }
        let sha256 = try Hash.sha256(file: path)
        guard sha256.hasPrefix(entry.sha256Prefix.lowercased()) else {
            throw GraftError(
                .hash, "the file is not the published one", file: name, expected: "SHA-256 \(entry.sha256Prefix)",
                found: sha256, remedy: remedy)
        }
        return sha256
    }

    /// The whole classifier that the entry was published for.
    static func graph(of entry: PretrainedEntry, _ backbone: any Backbone) throws(GraftError) -> Graph {
        try Model(backbone: backbone, head: head(of: backbone), outputs: entry.classes.count).graph()
    }

    private static func head(of backbone: any Backbone) throws(GraftError) -> LinearHead {
        var options = Options()
        return try LinearHead(options: &options, for: backbone)
    }
}
