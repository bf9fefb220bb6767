public import Weights
public import Zoo

/// Weights that were fetched before.
public struct CacheSource: WeightSource {
    /// What messages call it.
    public let name = "cache"
    /// Where they are kept.
    public let cache: CacheDirectory

    /// The weights in that cache.
    public init(_ cache: CacheDirectory = CacheDirectory()) { self.cache = cache }

    /// The converted file.
    public func locate(_ entry: PretrainedEntry, of backbone: any Backbone) -> WeightLocation? {
        let store = WeightStore(directory: cache.weights)
        return store.has(entry, of: backbone) ? .file(store.path(entry, of: backbone)) : nil
    }

    /// Reads and checks the converted file; nil where it is not there.
    public func load(
        _ entry: PretrainedEntry, of backbone: any Backbone, progress: @Sendable (WeightProgress) -> Void
    ) throws(GraftError) -> LoadedWeights? {
        try WeightStore(directory: cache.weights).load(entry, of: backbone)
    }
}
