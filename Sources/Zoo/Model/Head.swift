/// Layers that turn a backbone's features `[N, features]` into one value a class `[N, outputs]`.
public protocol Head: Sendable {
    /// The word that configurations name it by.
    static var kind: String { get }

    /// - Parameters:
    ///   - options: what the configuration says beside `kind`. The caller refuses the keys that were not asked for.
    ///   - backbone: whose features it will read; a source of defaults.
    init(options: inout Options, for backbone: any Backbone) throws(GraftError)

    /// The options, defaults filled in: what a model file records.
    var options: [String: OptionValue] { get }

    /// The head for that many training pictures, where its layers depend on how many there are. The same by default.
    func made(of pictures: Int) -> Self

    /// The layers, without a final softmax.
    @LayerBuilder func layers(in context: HeadContext) -> [any Layer]

    /// How many values the head answers for that many classes. As many by default; one value may tell two classes apart.
    func outputs(classes: Int) throws(GraftError) -> Int

    /// What it can learn. Everything by default.
    var tasks: Set<ModelTask> { get }

    /// Whether `fit` makes the head in one pass over plain features. false by default: it is trained by gradient descent.
    var isMadeInOnePass: Bool { get }

    /// Every tensor of the head, where it follows from features in one pass. Called where `isMadeInOnePass` says so; also
    /// with a part of the pictures, which may lack a class. The same bits for the same rows, whatever `context.threads`.
    /// - Parameters:
    ///   - features: `[N, features]`, finite.
    ///   - targets: N rows that fit `context.outputs`; of another kind than the head understands, an error.
    func fit(features: Tensor, targets: Targets, in context: HeadContext) throws(GraftError) -> HeadFit?

    /// The rows that a further class has in the head's tensors, for a head that `fit` made. nil by default.
    /// - Parameters:
    ///   - features: `[N, features]` of pictures of the class, finite; N is at least 1.
    ///   - weights: the head's tensors, whose rows stay as they are.
    /// - Returns: tensors whose first extent is 1.
    func rows(
        ofClassWith features: Tensor, beside weights: StateDict, in context: HeadContext
    ) throws(GraftError) -> StateDict?
}

extension Head {
    /// The same.
    public func made(of pictures: Int) -> Self { self }

    /// A value a class.
    public func outputs(classes: Int) throws(GraftError) -> Int { classes }

    /// Everything.
    public var tasks: Set<ModelTask> { Set(ModelTask.allCases) }

    /// false: the head is trained by gradient descent.
    public var isMadeInOnePass: Bool { false }

    /// nil: the head is trained by gradient descent.
    public func fit(features: Tensor, targets: Targets, in context: HeadContext) throws(GraftError) -> HeadFit? {
        nil
    }

    /// nil: the head has no rule for it.
    public func rows(
        ofClassWith features: Tensor, beside weights: StateDict, in context: HeadContext
    ) throws(GraftError) -> StateDict? { nil }
}

/// What a head's layers depend on, and what making it may use.
public struct HeadContext: Sendable {
    /// The number of classes.
    public let outputs: Int
    /// Where torchvision names the last linear layer of this backbone.
    public let classifierPath: String
    /// The most threads that making it may take. No result depends on it.
    public var threads: Int
    /// Whether the head answers at every position of a map, `[N, H, W, C]`, before its answers are pooled.
    public var readsPositions: Bool
    /// What `fit` chose for all pictures, where it is called with a part of them: it need not choose again.
    public var chosen: OptionChoice?
    /// To be called between parts of long work, with how many of them are done: whoever asked for a head shows that, or ends
    /// the work by an error.
    public var advance: @Sendable (_ done: Int, _ total: Int) throws(GraftError) -> Void = { _, _ in }

    /// The surroundings of a head.
    public init(outputs: Int, classifierPath: String, threads: Int = 1, readsPositions: Bool = false) {
        self.outputs = outputs
        self.classifierPath = classifierPath
        self.threads = threads
        self.readsPositions = readsPositions
    }
}

/// How a feature map, or a sequence of tokens, becomes one vector. Of a sequence, the tokens before the image's own count
/// only where a case says so.
public enum Pooling: String, Sendable, Hashable, Codable, CaseIterable {
    case avg
    case max
    /// Both, one after the other: twice the features.
    case avgMax = "avg+max"
    /// Generalised mean with power 3 (arXiv:1711.02512).
    case gem
    /// The first token of a sequence: the class token.
    case token
    /// The class token, then the mean of the image's tokens: twice the features.
    case tokenAvg = "token+avg"
    /// `avg`, of length 1.
    case avgUnit = "avg+l2"
    /// `token`, of length 1.
    case tokenUnit = "token+l2"
    /// `token+avg`, of length 1 together.
    case tokenAvgUnit = "token+avg+l2"
    /// None before the head, which answers at every position of a map: the mean of its answers' positive parts. The
    /// classifiers of some published weights read features so (`Backbone.publishedPooling`).
    case positions

    /// Whether the vector has length 1.
    package var isUnit: Bool { self != plain }

    /// The same without a length of 1.
    package var plain: Pooling {
        switch self {
        case .avgUnit: .avg
        case .tokenUnit: .token
        case .tokenAvgUnit: .tokenAvg
        case .avg, .max, .avgMax, .gem, .token, .tokenAvg, .positions: self
        }
    }

    /// Whether it reads a class token.
    var readsToken: Bool { plain == .token || plain == .tokenAvg }

    /// Those of `plain`; what makes the length 1 comes after the neck.
    /// - Parameters:
    ///   - prefix: of a sequence, the tokens before the image's; nil for an image.
    ///   - grid: what averaging leaves of an image.
    @LayerBuilder func layers(prefix: Int?, grid: Extent) -> [any Layer] {
        switch plain {
        case .token: Slice(.positions, from: 0, count: 1).named("token")
        case .tokenAvg:
            Concatenate {
                Slice(.positions, from: 0, count: 1).named("token")
                Sequential(Self.avg.reduction(prefix: prefix)).named("")
            }.named("pool")
        case .avg where grid != 1: GridPool(grid).named("avgpool")
        case .avg, .max, .avgMax, .gem, .positions, .avgUnit, .tokenUnit, .tokenAvgUnit: reduction(prefix: prefix)
        }
        Flatten().named("flatten")
    }

    /// Of the image's positions.
    @LayerBuilder private func reduction(prefix: Int?) -> [any Layer] {
        if let prefix, prefix > 0 { Slice(.positions, from: prefix).named("patches") }
        switch plain {
        case .avg, .positions: GlobalPool.average.named("avgpool")
        case .max: GlobalPool.max.named("avgpool")
        case .avgMax:
            Concatenate {
                GlobalPool.average.named("avgpool")
                GlobalPool.max.named("maxpool")
            }.named("pool")
        case .gem: GlobalPool.generalizedMean(power: 3).named("avgpool")
        case .token, .tokenAvg, .avgUnit, .tokenUnit, .tokenAvgUnit: [any Layer]()
        }
    }
}
