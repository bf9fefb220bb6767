public import Weights
public import Zoo

import Foundation

/// A published set of pictures that `graft fetch` can get: a zip archive of class folders.
public struct DataSet: Sendable, Hashable {
    /// What users call it.
    public let name: String
    /// Where the archive is.
    public let url: String
    /// The archive's length in bytes.
    public let bytes: Int
    /// The archive's SHA-256 in hexadecimal.
    public let sha256: String
    /// What is in it, and who made it.
    public let about: String

    package init(name: String, url: String, bytes: Int, sha256: String, about: String) {
        self.name = name
        self.url = url
        self.bytes = bytes
        self.sha256 = sha256
        self.about = about
    }

    /// The data sets that are known by name.
    public static let all = [
        DataSet(
            name: "pizza_steak_sushi",
            url: "https://github.com/mrdbourke/pytorch-deep-learning/raw/main/data/pizza_steak_sushi.zip",
            bytes: 15_737_296, sha256: "5e9596fcc939a32996e59bbed8ec690ae39203bbcbc08292a92d44e4c4a27652",
            about: "225 training and 75 test photographs of three dishes, from Food-101 (learnpytorch.io)")
    ]

    /// Gets the pictures into the cache, unless they are there.
    /// - Parameters:
    ///   - origin: a file or address to take the archive from instead of `url`; its hash is checked all the same.
    ///   - progress: called on this thread, a few times a second.
    /// - Returns: the folder that holds `train` and `test`.
    /// - Throws: `GraftError` or `GraftError`; nothing half-unpacked is left.
    public func fetch(
        into cache: CacheDirectory = CacheDirectory(), from origin: String? = nil,
        progress: (WeightProgress) -> Void = { _ in }
    ) throws(GraftError) -> String {
        let folder = "\(cache.data)/\(name)"
        if FileSystem.exists(folder) { return folder }
        try CacheDirectory.make(cache.data)
        if let origin, let file = WebSource.localFile(origin) {
            try unpack(file, to: folder)
            return folder
        }
        try CacheDirectory.make(cache.downloads)
        let archive = "\(cache.downloads)/\(name).zip"
        let lock = try FileLock(path: archive + ".lock")
        defer { withExtendedLifetime(lock) {} }
        if FileSystem.exists(folder) { return folder }
        try Download(
            origin ?? url, bytes: bytes, sha256Prefix: sha256, title: name,
            remedy: "download \(url) elsewhere and run: graft fetch \(name) --from FILE"
        ).run(to: archive, progress: progress)
        defer { FileSystem.remove(archive) }
        try unpack(archive, to: folder)
        return folder
    }

    private func unpack(_ archive: String, to folder: String) throws(GraftError) {
        let found = try Hash.sha256(file: archive)
        guard found == sha256 else {
            throw GraftError(
                .hash, "not the published data set", file: archive, expected: "SHA-256 \(sha256)", found: found,
                remedy: "download \(url) again")
        }
        try ZipExtractor.extract(archive, to: folder)
    }
}
