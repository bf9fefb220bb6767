import Weights
public import Zoo

/// Weights that come with Graft, in the folder `weights`: a clone works offline.
public struct BundledSource: WeightSource {
    /// What messages call it.
    public let name = "bundled"
    /// The directories that are looked into, the first one that has the file wins.
    public let directories: [String]

    /// Looks into one directory.
    public init(directory: String) { directories = [directory] }

    /// Looks where the environment variable `GRAFT_WEIGHTS` says and nowhere else, or without it: in `weights` and
    /// `share/graft/weights` beside and above the program, and in the checkout that this library was built from.
    public init() { self.init(environment: ["GRAFT_WEIGHTS": FileSystem.variable("GRAFT_WEIGHTS") ?? ""]) }

    /// Looks where those variables say.
    package init(environment: [String: String]) {
        if let directory = environment["GRAFT_WEIGHTS"], !directory.isEmpty {
            directories = [directory]
            return
        }
        var found: [String] = []
        var parent = FileSystem.program.flatMap(PathText.parent)
        // `.build/TRIPLE/release/graft` is four levels below the root.
        for _ in 0..<5 {
            guard let place = parent, place != "/" else { break }
            found += [place + "/weights", place + "/share/graft/weights"]
            parent = PathText.parent(of: place)
        }
        // This file is two folders below the root.
        let root = (0..<3).reduce(#filePath) { path, _ in PathText.parent(of: path) ?? path }
        found.append(root + "/weights")
        directories = found
    }

    /// The file, in the first directory that has it.
    public func locate(_ entry: PretrainedEntry, of backbone: any Backbone) -> WeightLocation? {
        store(with: entry, of: backbone).map { .file($0.path(entry, of: backbone)) }
    }

    /// Reads and checks the file; nil where no directory has it.
    public func load(
        _ entry: PretrainedEntry, of backbone: any Backbone, progress: @Sendable (WeightProgress) -> Void
    ) throws(GraftError) -> LoadedWeights? {
        try store(with: entry, of: backbone)?.load(entry, of: backbone)
    }

    private func store(with entry: PretrainedEntry, of backbone: any Backbone) -> WeightStore? {
        directories.lazy.map(WeightStore.init(directory:)).first { $0.has(entry, of: backbone) }
    }
}
