/// A place where pretrained weights may be had. The registry asks its sources in order.
public protocol WeightSource: Sendable {
    /// What messages call it: "bundled", "cache", "web".
    var name: String { get }

    /// Where this source has the weights, nil where it does not. Must be quick and quiet: `graft models` asks for every
    /// entry.
    func locate(_ entry: PretrainedEntry, of backbone: any Backbone) -> WeightLocation?

    /// Gets the weights, by the graph's names.
    /// - Returns: nil where this source does not have them.
    /// - Throws: where it has them but they are not right.
    func load(
        _ entry: PretrainedEntry, of backbone: any Backbone, progress: @Sendable (WeightProgress) -> Void
    ) throws(GraftError) -> LoadedWeights?
}

/// Where weights are.
public enum WeightLocation: Sendable, Hashable {
    /// In memory or in code.
    case memory
    /// A file on this machine.
    case file(String)
    /// To be downloaded.
    case web(url: String)
}

/// Weights in memory, and what identifies them.
public struct LoadedWeights: Sendable {
    /// By the graph's names.
    public var tensors: StateDict
    /// SHA-256 over all tensors, in hexadecimal: the same weights have the same one, whatever file they came in.
    public var sha256: String
    /// Where they came from, for messages.
    public var origin: String

    /// Tensors and their identity.
    public init(tensors: StateDict, sha256: String, origin: String) {
        self.tensors = tensors
        self.sha256 = sha256
        self.origin = origin
    }
}

/// How far a download is.
public struct WeightProgress: Sendable, Hashable {
    /// What is being got.
    public var what: String
    /// Bytes that have arrived.
    public var bytesDone: Int
    /// nil where the server did not say.
    public var bytesTotal: Int?

    /// A state of a download.
    public init(what: String, bytesDone: Int, bytesTotal: Int?) {
        self.what = what
        self.bytesDone = bytesDone
        self.bytesTotal = bytesTotal
    }
}
