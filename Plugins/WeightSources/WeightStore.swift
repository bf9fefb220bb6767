import Foundation
import Heads
import Weights
import Zoo

/// A directory of converted weights: `BACKBONE-ENTRY.npz`, each with its manifest.
struct WeightStore: Sendable {
    let directory: String

    func path(_ entry: PretrainedEntry, of backbone: any Backbone) -> String {
        "\(directory)/\(backbone.name)-\(entry.name).npz"
    }

    func has(_ entry: PretrainedEntry, of backbone: any Backbone) -> Bool {
        FileSystem.exists(path(entry, of: backbone))
    }

    /// - Returns: nil where the file is not there.
    /// - Throws: `GraftError` for a damaged file or one that does not fit, `GraftError.metadata` for one that is
    ///   for another backbone or other than its manifest says.
    func load(_ entry: PretrainedEntry, of backbone: any Backbone) throws(GraftError) -> LoadedWeights? {
        guard has(entry, of: backbone) else { return nil }
        let path = path(entry, of: backbone)
        let remedy = "remove the file and run: graft fetch \(backbone.fetchName(of: entry))"
        let file = try WeightFile(path: path)
        guard let metadata = file.metadata, metadata.backbone == backbone.name else {
            throw GraftError(
                .metadata, "the file's weights are for something else", file: path, expected: backbone.name,
                found: file.metadata?.backbone ?? "no description", remedy: remedy)
        }
        let manifest = try WeightManifest.read(WeightManifest.path(entry, of: backbone, in: directory))
        if let manifest, manifest.weightsSHA256 != metadata.weightsSHA256 {
            throw GraftError(
                .metadata, "the weights are not those that the manifest beside them names", file: path,
                expected: manifest.weightsSHA256, found: metadata.weightsSHA256, remedy: remedy)
        }
        try LoadReport(file.entries, for: PretrainedWeights.graph(of: entry, backbone).parameters).check(file: path)
        return LoadedWeights(tensors: try file.load(), sha256: metadata.weightsSHA256, origin: path)
    }
}

extension Backbone {
    /// What `graft fetch` calls the entry: the backbone alone for its first one.
    func fetchName(of entry: PretrainedEntry) -> String {
        entry.name == pretrained.first?.name ? name : "\(name)/\(entry.name)"
    }
}
