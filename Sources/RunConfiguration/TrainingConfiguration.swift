public import Data
public import Images
public import Learning
public import Zoo

/// How the layers of a model compute that are not trained.
public enum FrozenPrecision: String, Sendable, Hashable, CaseIterable {
    /// float32.
    case float32 = "f32"
    /// Products of bfloat16.
    case bfloat16 = "bf16"
    /// What the file of weights has in 8 bits.
    case int8 = "int8"
}

/// Everything that decides a training run. `Docs/Configuration.md` lists the keys; each has a default but `data.train`.
public struct TrainingConfiguration: SettingsTable, Sendable, Hashable {
    /// Where the pictures are.
    public struct DataSettings: SettingsTable, Sendable, Hashable {
        /// A folder with a folder of pictures for each class, or a table of pictures.
        public var train: String
        /// The same for pictures that are only counted; nil to hold out a share of the training pictures.
        public var test: String?
        /// The share of every class that is held out where there is no test folder; 0 for none.
        public var split = 0.2
        /// The class folders in the order of the outputs, every one of them; nil for that of their names. Of a table, its
        /// labels or its columns.
        public var classes: [String]?
        /// How a table of pictures is to be understood.
        public var table = TableReading()

        /// What is done to training pictures at random; nothing is done to those that are only counted.
        public var augment = Augmentation()

        /// Pictures below `train`.
        public init(train: String) { self.train = train }

        /// Pictures that are still to be named.
        package init() { self.init(train: "") }
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
    /// How layers compute that stay as they are.
    public var precision = FrozenPrecision.float32
    /// How it is trained.
    public var train = TrainerSettings()
    /// Departures from the preprocessing that the weights were made with.
    public var preprocessing = PreprocessingChanges()
    /// The directory that results are written to.
    public var output = "runs/latest"
    /// Whether features are kept on disk for the next run.
    public var cache = true
    /// Whether the report says what there is to say of the pictures, and where the model looked.
    public var insight = true
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

    /// The defaults, for pictures that are still to be named.
    package init() { self.init(train: "") }

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
        try self.data.read(&data)
        try data.finish()
        var trainer = try options.options("train")
        self.train = try TrainerSettings(options: &trainer, registry: registry)
        try trainer.finish()
        try read(&options)
        try options.finish()
        let keys = TrainerSettings.keysOfAnyHead.union(self.train.recipe == nil ? [] : TrainerSettings.keysOfARecipe)
        if !trainer.values.keys.allSatisfy(keys.contains) {
            head.kind = head.kind ?? HeadChoice.trained
        }
    }
}
