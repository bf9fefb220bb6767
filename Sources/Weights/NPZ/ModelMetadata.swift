public import Zoo

/// What a Graft weight file says about its model, in the member `graft.json`: everything that `predict` needs beside the
/// numbers, and what they are and where they come from.
public struct ModelMetadata: Sendable, Hashable, Codable {
    /// The head, by its registered kind.
    public struct Head: Sendable, Hashable, Codable {
        /// The registered kind: `linear`.
        public var kind: String
        /// Its options, as in a configuration.
        public var options: [String: OptionValue]

        /// A head of that kind.
        public init(kind: String, options: [String: OptionValue] = [:]) {
            self.kind = kind
            self.options = options
        }

        private enum CodingKeys: String, CodingKey {
            case kind = "kind"
            case options = "options"
        }
    }

    /// The backbone's weights that training started from.
    public struct Base: Sendable, Hashable, Codable {
        /// Backbone and entry, or file: `efficientnet_lite0/imagenet1k`.
        public var name: String
        /// `StateDict.weightsSHA256` of the backbone's tensors, those up to the pooled features.
        public var sha256: String

        /// Weights of that name and hash.
        public init(name: String, sha256: String) {
            self.name = name
            self.sha256 = sha256
        }

        private enum CodingKeys: String, CodingKey {
            case name = "name"
            case sha256 = "sha256"
        }
    }

    /// Layers that compute in less than float32.
    package struct Reduced: Sendable, Hashable, Codable {
        /// How products are computed: `bf16`.
        package var kind: String
        /// The last stage that does; what follows is in float32.
        package var through: String

        /// Layers up to the end of a stage.
        package init(kind: String, through: String) {
            self.kind = kind
            self.through = through
        }

        private enum CodingKeys: String, CodingKey {
            case kind = "kind"
            case through = "through"
        }
    }

    /// The only version so far.
    public static let currentFormatVersion = 1

    /// The archive member that holds it.
    package static let memberName = "graft.json"

    /// The version of `graft.json` itself.
    public var formatVersion: Int
    /// The backbone's registered name.
    public var backbone: String
    /// The global pooling's name: `avg`.
    public var pooling: String
    /// What turns features into classes.
    public var head: Head
    /// Names of classes, labels or values in the order of the outputs.
    public var classes: [String]
    /// What the outputs mean.
    public var task: ModelTask {
        get { statedTask ?? .classification }
        set { statedTask = newValue == .classification ? nil : newValue }
    }
    /// As it is written: classification goes without saying.
    private var statedTask: ModelTask?
    /// For labels: the probability from which on each of them counts as told; one half where it is nil.
    public var thresholds: [Double]?
    /// How pictures were prepared in training, and must be in use.
    public var preprocessing: Preprocessing
    /// The weights' licence: `Apache-2.0`.
    public var licence: String
    /// Who published the weights and where, or what trained them.
    public var source: String
    /// SHA-256 of every tensor's values, float32 and little-endian. The writer fills it in.
    public var tensors: [String: String]
    /// SHA-256 over all tensors, see `StateDict.weightsSHA256`. The writer fills it in.
    public var weightsSHA256: String
    /// For a fine-tuned model: what it came from.
    public var base: Base?
    /// For a file of a head alone: the backbone's tensors that it was trained on, and fits nothing else.
    public var headOf: Base?
    /// The configuration that trained it, in YAML.
    public var configuration: String?
    /// Of the training's random numbers.
    public var seed: Int?
    /// What was measured: counts, losses.
    public var metrics: [String: OptionValue]?
    /// The mean of the classes' mean features, `[features]`, where training has seen them: what a class that is added
    /// later is told apart from.
    public var featureMean: [Float]?
    /// What was done to the model after training: classes renamed, added, removed.
    public var edits: [OptionValue]?
    /// An input and the logits that it must give, for a self-test.
    public var probe: [String: OptionValue]?
    /// What logits are divided by before they become probabilities, so that 80 % is right 80 times in 100; 1 where it is nil.
    public var temperature: Double?
    /// What tells pictures of none of the classes.
    package var noneOfThese: NoneOfThese?
    /// What is computed in 8 bits; nil for a model in float32. Weights of 8 bits are kept as such.
    package var quantization: Quantization?
    /// What the head was trained on, and has to be asked with: layers of lower precision; nil for float32.
    package var precision: Reduced?
    /// For a checkpoint of a training run: how far it is, as JSON. The tensors are those that the run goes on from.
    public var checkpoint: String?

    /// A description without hashes, which the writer fills in.
    public init(
        backbone: String, pooling: String, head: Head, classes: [String], task: ModelTask = .classification,
        preprocessing: Preprocessing, licence: String, source: String, base: Base? = nil, configuration: String? = nil,
        seed: Int? = nil,
        metrics: [String: OptionValue]? = nil, featureMean: [Float]? = nil, edits: [OptionValue]? = nil,
        probe: [String: OptionValue]? = nil
    ) {
        self.formatVersion = Self.currentFormatVersion
        self.backbone = backbone
        self.pooling = pooling
        self.head = head
        self.classes = classes
        self.statedTask = task == .classification ? nil : task
        self.preprocessing = preprocessing
        self.licence = licence
        self.source = source
        self.tensors = [:]
        self.weightsSHA256 = ""
        self.base = base
        self.configuration = configuration
        self.seed = seed
        self.metrics = metrics
        self.featureMean = featureMean
        self.edits = edits
        self.probe = probe
    }

    private enum CodingKeys: String, CodingKey {
        case formatVersion = "format_version"
        case backbone = "backbone"
        case pooling = "pooling"
        case head = "head"
        case classes = "classes"
        case statedTask = "task"
        case thresholds = "thresholds"
        case preprocessing = "preprocessing"
        case licence = "licence"
        case source = "source"
        case tensors = "tensors"
        case weightsSHA256 = "weights_sha256"
        case base = "base"
        case headOf = "head_of"
        case configuration = "configuration"
        case seed = "seed"
        case metrics = "metrics"
        case featureMean = "feature_mean"
        case edits = "edits"
        case probe = "probe"
        case temperature = "temperature"
        case noneOfThese = "none_of_these"
        case quantization = "quantization"
        case precision = "precision"
        case checkpoint = "checkpoint"
    }
}
