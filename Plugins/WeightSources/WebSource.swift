public import Weights
public import Zoo

import Foundation

/// Weights from their publisher: downloaded, checked, converted and kept in the cache.
public struct WebSource: WeightSource {
    /// What messages call it.
    public let name = "web"
    /// Where downloads and converted files are kept.
    public let cache: CacheDirectory
    /// Seconds without a byte after which a connection counts as dead.
    public let timeout: Double

    /// Weights from the web, into that cache.
    public init(_ cache: CacheDirectory = CacheDirectory(), timeout: Double = 30) {
        self.cache = cache
        self.timeout = timeout
    }

    /// The publisher's address, where it is that of a file.
    public func locate(_ entry: PretrainedEntry, of backbone: any Backbone) -> WeightLocation? {
        Self.isFile(entry.url) ? .web(url: entry.url) : nil
    }

    /// Fetches the weights if the cache does not have them, and reads them.
    public func load(
        _ entry: PretrainedEntry, of backbone: any Backbone, progress: @Sendable (WeightProgress) -> Void
    ) throws(GraftError) -> LoadedWeights? {
        guard Self.isFile(entry.url) else { return nil }
        try fetch(entry, of: backbone, progress: progress)
        return try WeightStore(directory: cache.weights).load(entry, of: backbone)
    }

    /// Puts an entry's weights into the cache: what `graft fetch` does.
    /// - Parameters:
    ///   - origin: a file or address to take the publisher's checkpoint from, instead of the publisher's own. It must be
    ///     the same file: length and hash are checked. nil leaves weights that are in the cache as they are.
    ///   - progress: called on this thread, a few times a second.
    /// - Returns: the converted file.
    /// - Throws: `GraftError` or `GraftError`; the cache is as it was then.
    @discardableResult
    public func fetch(
        _ entry: PretrainedEntry, of backbone: any Backbone, from origin: String? = nil,
        progress: (WeightProgress) -> Void = { _ in }
    ) throws(GraftError) -> String {
        let store = WeightStore(directory: cache.weights)
        let path = store.path(entry, of: backbone)
        if origin == nil, store.has(entry, of: backbone) { return path }
        if let origin, let file = Self.localFile(origin) {
            return try convert(file, entry, backbone)
        }
        let url = origin ?? entry.url
        let fetchName = backbone.fetchName(of: entry)
        guard origin != nil || Self.isFile(url) else {
            throw GraftError(
                .address, "the publisher's page is no file to download", file: url,
                remedy: "get \(entry.source) and run: graft fetch \(fetchName) --from FILE")
        }
        try CacheDirectory.make(cache.downloads)
        let target = "\(cache.downloads)/\(backbone.name)-\(entry.name)-\(Self.fileName(url))"
        let lock = try FileLock(path: "\(cache.downloads)/\(backbone.name)-\(entry.name).lock")
        defer { withExtendedLifetime(lock) {} }
        // Another process may have done it while this one waited.
        if origin == nil, store.has(entry, of: backbone) { return path }
        var download = Download(
            url, bytes: entry.bytes, sha256Prefix: entry.sha256Prefix, title: "\(backbone.name)/\(entry.name)",
            remedy: "download \(url) elsewhere and run: graft fetch \(fetchName) --from FILE")
        download.timeout = timeout
        try download.run(to: target, progress: progress)
        defer { FileSystem.remove(target) }
        return try convert(target, entry, backbone, original: Self.fileName(url))
    }

    private func convert(
        _ file: String, _ entry: PretrainedEntry, _ backbone: any Backbone, original: String? = nil
    ) throws(GraftError) -> String {
        try PretrainedWeights.convert(file, entry: entry, of: backbone, to: cache.weights, original: original)
    }

    /// Whether an address ends in a file of weights, and not in a page about them.
    private static func isFile(_ url: String) -> Bool {
        let name = fileName(url)
        return [".pth", ".pt", ".bin", ".safetensors", ".npz"].contains { name.hasSuffix($0) }
    }

    private static func fileName(_ url: String) -> String {
        let name = URLComponents(string: url)?.path.split(separator: "/").last.map(String.init) ?? "weights"
        return String(name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }.suffix(100))
    }

    /// The path of a `file:` address, or of what is no address at all.
    static func localFile(_ origin: String) -> String? {
        if origin.hasPrefix("http://") || origin.hasPrefix("https://") { return nil }
        if origin.hasPrefix("file:"), let url = URL(string: origin) { return url.path }
        return origin
    }
}
