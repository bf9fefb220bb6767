public import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Registry {
    /// The published weights that a name stands for: `efficientnet_b0`, `efficientnet_b0/imagenet1k_v1`.
    /// - Returns: nil for what can only be a file: something with that name is there, or it looks like a path.
    /// - Throws: `GraftError.unknownName` with the nearest name for what is neither.
    func pretrained(_ name: String) throws(GraftError) -> (backbone: any Backbone, entry: PretrainedEntry)? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let exists = FileManager.default.fileExists(atPath: name)
        if let first = parts.first, parts.count <= 2, backboneNames.contains(first), !exists {
            let backbone = try backbone(first)
            return (backbone, try backbone.pretrainedEntry(parts.count == 2 ? parts[1] : nil))
        }
        guard exists || name.contains("/") || name.contains(".") else {
            throw .unknown("backbone", name, among: backboneNames)
        }
        return nil
    }

    /// Asks the sources in their order.
    /// - Throws: what a source throws that has the weights but not right, `GraftError.invalidModel` where none has them.
    public func weights(
        of entry: PretrainedEntry, for backbone: any Backbone, progress: @Sendable (WeightProgress) -> Void
    ) throws -> LoadedWeights {
        for source in sources {
            if let loaded = try source.load(entry, of: backbone, progress: progress) { return loaded }
        }
        throw GraftError(
            .invalidModel, "no source has the weights '\(entry.name)' of \(backbone.name)",
            expected: "one of: \(sources.map(\.name).joined(separator: ", "))",
            remedy: "download \(entry.url) and hand it over with: graft fetch \(backbone.name) --from FILE")
    }
}
