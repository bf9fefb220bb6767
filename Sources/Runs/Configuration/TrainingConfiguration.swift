public import Images
public import Learning
public import Zoo

/// Everything that decides a training run. `Docs/Configuration.md` lists the keys; each has a default but `data.train`.
public struct TrainingConfiguration: Sendable, Hashable {
    /// The head's kind and options.
    public struct HeadChoice: Sendable, Hashable {
        /// A registered kind.
        public var kind = "linear"
        /// What that kind understands.
        public var options: [String: OptionValue] = [:]

        /// A linear head.
        public init() {}
    }

    /// Where the pictures are.
    public struct DataSettings: Sendable, Hashable {
        /// A folder with a folder of pictures for each class.
        public var train: String
        /// The same for pictures that are only counted; nil to hold out a share of the training pictures.
        public var test: String?
        /// The share of every class that is held out where there is no test folder; 0 for none.
        public var split = 0.2
        /// The class folders in the order of the outputs, every one of them; nil for that of their names.
        public var classes: [String]?

        /// What is done to training pictures at random; nothing is done to those that are only counted.
        public var augment = Augmentation()

        /// Pictures below `train`.
        public init(train: String) { self.train = train }
    }

    /// A registered name.
    public var backbone = "efficientnet_lite0"
    /// A pretrained entry, a file, or `none` for random values; nil for the backbone's first entry.
    public var weights: String?
    /// Which of several sets of weights in that file, by its name or a word in it (`ema`); nil for the model's own.
    public var weightSet: String?
    /// How a feature map becomes a vector.
    public var pooling: Pooling?
    /// What is trained.
    public var head = HeadChoice()
    /// Where the pictures are.
    public var data: DataSettings
    /// How it is trained.
    public var train = TrainerSettings()
    /// Departures from the preprocessing that the weights were made with.
    public var preprocessing = PreprocessingChanges()
    /// The directory that results are written to.
    public var output = "runs/latest"
    /// Whether features are kept on disk for the next run.
    public var cache = true
    /// Whether weights may lack tensors of the backbone, have others, or have them in other shapes. Those start from random
    /// numbers then, and a note lists them.
    public var partial = false
    /// Whether the test folder may be, hold, or be inside the training folder.
    public var allowLeak = false
    /// Whether a picture that cannot be read is an error. Otherwise it is skipped and listed.
    public var strict = false
    /// The configuration as the user wrote it: kept in `config.yaml` and in the model.
    public var text = ""

    /// The defaults, for the pictures below `train`.
    public init(train: String) { data = DataSettings(train: train) }

    /// Reads what a configuration file says.
    /// - Parameters:
    ///   - text: that file's content.
    ///   - registry: who knows losses and update rules; nil for those that come with Graft.
    ///   - needsPictures: whether `data.train` must be there. Without it, it may be empty.
    /// - Throws: `GraftError` with the key's path: unknown (with the nearest name), of the wrong kind, or out of range.
    public init(
        options: Options, text: String = "", needsPictures: Bool = true, registry: Registry? = nil
    ) throws(GraftError) {
        var options = options
        var data = try options.options("data")
        guard let train = try data.string("train") ?? (needsPictures ? nil : ""), !train.isEmpty || !needsPictures
        else {
            throw GraftError(
                .invalidValue, "missing", parameter: "data.train",
                expected: "the folder of the training pictures", remedy: "add data: {train: FOLDER}")
        }
        // YAML is UTF-8, and a path need not be: it may be written as it is shown.
        self.init(train: String(shown: train))
        self.text = text
        try readData(&data)
        backbone = try options.string("backbone") ?? backbone
        try readWeights(&options)
        if let name = try options.choice("pooling", of: Pooling.allCases.map(\.rawValue)),
            let choice = Pooling(rawValue: name)
        {
            pooling = choice
        }
        var head = try options.options("head")
        self.head.kind = try head.string("kind") ?? self.head.kind
        self.head.options = head.values.filter { $0.key != "kind" }
        var trainer = try options.options("train")
        self.train = try TrainerSettings(options: &trainer, registry: registry)
        try trainer.finish()
        var changes = try options.options("preprocessing")
        preprocessing = try PreprocessingChanges(options: &changes)
        output = try options.string("output").map(String.init(shown:)) ?? output
        cache = try options.bool("cache") ?? cache
        partial = try options.bool("partial") ?? partial
        strict = try options.bool("strict") ?? strict
        allowLeak = try options.bool("allow_leak") ?? allowLeak
        try options.finish()
    }

    private static func firstRepeated(_ names: [String]) -> String? {
        var seen: Set<[UInt8]> = []
        return names.first { !seen.insert(Array($0.utf8)).inserted }
    }

    /// `weights: NAME`, or `weights: {file: FILE, set: NAME}`.
    private mutating func readWeights(_ options: inout Options) throws(GraftError) {
        guard case .map? = options.values["weights"] else {
            weights = try options.string("weights").map(String.init(shown:))
            return
        }
        var choice = try options.options("weights")
        guard let file = try choice.string("file").map(String.init(shown:)), !file.isEmpty else {
            throw GraftError(
                .invalidValue, "missing", parameter: choice.path(of: "file"), expected: "a file of weights",
                remedy: "write weights: {file: FILE, set: NAME}")
        }
        // A file, whatever it is called.
        if case .file = ModelReference(file) { weights = file } else { weights = "./" + file }
        weightSet = try choice.string("set")
        try choice.finish()
    }

    private mutating func readData(_ options: inout Options) throws(GraftError) {
        let test = try options.string("test")
        let val = try options.string("val")
        if test != nil, val != nil {
            throw GraftError(
                .invalidValue, "data.test and data.val are two names for one thing", parameter: "data.val",
                remedy: "give one of them")
        }
        data.test = (test ?? val).map(String.init(shown:))
        data.split = try options.number("split", in: 0...0.9) ?? data.split
        data.augment = try Augmentation(options: &options, key: "augment")
        // A folder named 2 is a number in YAML.
        if let names = try options.strings("classes") {
            guard !names.isEmpty else {
                throw GraftError(
                    .invalidValue, "a head needs at least one class", parameter: options.path(of: "classes"),
                    expected: "at least one name", found: "none", remedy: "name the classes, or leave the key out")
            }
            if let twice = Self.firstRepeated(names) {
                throw GraftError(.invalidValue, "'\(twice)' is named twice", parameter: options.path(of: "classes"))
            }
            data.classes = names
        }
        try options.finish()
    }
}
