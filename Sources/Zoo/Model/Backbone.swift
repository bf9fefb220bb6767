/// A network that turns a picture into features. One type describes a family; its variants are the registered names.
///
/// The whole model is `features`, a global pooling, `neck`, then a `Head`. Only `variants`, `init(variant:)`,
/// `preprocessing` and `features` must be written.
public protocol Backbone: Sendable {
    /// Every name that this type registers.
    static var variants: [String] { get }

    /// - Parameter variant: one of `variants`.
    init(variant: String) throws(GraftError)

    /// The variant's registered name.
    var name: String { get }

    /// How pictures are prepared when no pretrained entry or model file says otherwise. Its crop is the size that the
    /// graph is built for.
    var preprocessing: Preprocessing { get }

    /// From the image `[N, H, W, 3]` to the last feature map `[N, h, w, C]`, or the last tokens `[N, T, C]`. `Stage` marks
    /// where it may be cut.
    @LayerBuilder var features: [any Layer] { get }

    /// How features become one vector where nothing else is asked for. `avg` by default.
    var pooling: Pooling { get }

    /// How the classifiers of published weights read the features, where that is another way. `pooling` by default.
    var publishedPooling: Pooling { get }

    /// What average pooling leaves of the last feature map: one position by default. The first layer of `neck` may read
    /// several, as VGG's does.
    var poolingGrid: Extent { get }

    /// How many of the last tokens come before the image's own: the class token and registers. 0 by default.
    var prefixTokens: Int { get }

    /// From pooled features `[N, C]` to what the head reads. Empty by default.
    @LayerBuilder var neck: [any Layer] { get }

    /// The path of the linear layer that pretrained checkpoints end in (`classifier.1`, `fc`). The linear head takes it,
    /// so that a retargeted model keeps torchvision's names. `classifier` by default.
    var classifierPath: String { get }

    /// The dropout before the pretrained classifier, the linear head's default. 0 by default.
    var classifierDropout: Double { get }

    /// Published weights. None by default; the first is the one that is meant where none is named.
    var pretrained: [PretrainedEntry] { get }

    /// The graph's name for a tensor of a published checkpoint, nil for one that it has no use for. By default the name
    /// itself, and nil for `num_batches_tracked`.
    func parameterName(forCheckpointName name: String) -> String?

    /// Tensors that some publisher keeps in parts. They are joined before names are translated. None by default.
    var joinedTensors: [TensorJoin] { get }
}

extension Backbone {
    /// No layers.
    @LayerBuilder public var neck: [any Layer] { [any Layer]() }
    /// The mean.
    public var pooling: Pooling { .avg }
    /// `pooling`
    public var publishedPooling: Pooling { pooling }
    /// One position.
    public var poolingGrid: Extent { 1 }
    /// No tokens.
    public var prefixTokens: Int { 0 }
    /// `classifier`
    public var classifierPath: String { "classifier" }
    /// No dropout.
    public var classifierDropout: Double { 0 }
    /// None.
    public var pretrained: [PretrainedEntry] { [] }
    /// None.
    public var joinedTensors: [TensorJoin] { [] }

    /// The name itself, and nil for `num_batches_tracked`.
    public func parameterName(forCheckpointName name: String) -> String? {
        name.hasSuffix("num_batches_tracked") ? nil : name
    }

    /// The pretrained entry of that name, or the first one for nil.
    /// - Throws: `GraftError.unknownName` with the nearest name.
    public func pretrainedEntry(_ entryName: String?) throws(GraftError) -> PretrainedEntry {
        guard let entryName else {
            guard let first = pretrained.first else {
                throw GraftError(
                    .unknownName, "backbone '\(name)' has no pretrained weights", remedy: "use weights: none")
            }
            return first
        }
        guard let entry = pretrained.first(where: { $0.name == entryName }) else {
            throw .unknown("weights of \(name)", entryName, among: pretrained.map(\.name))
        }
        return entry
    }
}
