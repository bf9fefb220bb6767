public import Zoo

extension Registry {
    /// Asks the sources in their order.
    /// - Throws: what a source throws that has the weights but not right, `GraftError` `.invalidModel` where none has them.
    public func weights(
        of entry: PretrainedEntry, for backbone: any Backbone, progress: @Sendable (WeightProgress) -> Void
    ) throws(GraftError) -> LoadedWeights {
        for source in sources {
            if let loaded = try source.load(entry, of: backbone, progress: progress) { return loaded }
        }
        throw GraftError(
            .invalidModel, "no source has the weights '\(entry.name)' of \(backbone.name)",
            expected: "one of: \(sources.map(\.name).joined(separator: ", "))",
            remedy: "download \(entry.url) and hand it over with: graft fetch \(backbone.name) --from FILE")
    }
}

extension Backbone {
    /// The first entry, where none was asked for.
    /// - Throws: `GraftError` `.unknownName` for a backbone without published weights.
    func entry(_ named: PretrainedEntry?) throws(GraftError) -> PretrainedEntry {
        if let named { return named }
        return try pretrainedEntry(nil)
    }
}
