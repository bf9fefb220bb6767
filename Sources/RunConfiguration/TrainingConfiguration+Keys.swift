import Data
import Images
import Learning
package import Zoo

extension TrainingConfiguration {
    package static let keys: [SettingKey<TrainingConfiguration>] = [
        SettingKey(
            "backbone", standard: "`\(TrainingConfiguration().backbone)`",
            "a registered name: `graft models` lists them"
        ) { (options, settings) throws(GraftError) in
            settings.backbone = try options.string("backbone") ?? settings.backbone
        },
        SettingKey(
            "weights", standard: "the backbone's first entry",
            "a pretrained entry (`imagenet1k`), a file (`.npz`, `.pth`, `.safetensors`), or `none` for random numbers; "
                + "`{file: FILE, set: NAME}` for one of several [sets](#weights) in a file"
        ) { (options, settings) throws(GraftError) in
            try settings.readWeights(&options)
        },
        .choice(
            "pooling", \.pooling, standard: "the backbone's own",
            "how a feature map becomes a vector: `avg`, `max`, `avg+max` (twice the features), `gem` (generalised mean, power "
                + "3); of a transformer's tokens also `token` (the class token, their default) and `token+avg` (with the mean "
                + "of the image's tokens: twice the features); `avg+l2`, `token+l2`, `token+avg+l2`: the same of length 1; `positions`: not before the head, which answers at every position of a "
                + "map, and the mean of its answers' positive parts counts (SqueezeNet's published classifier)"),
        .choice(
            "precision", \.precision,
            "how layers compute that are not trained, then and in the trained model: `f32`, `bf16`, or `int8` (of weights that "
                + "`graft quantize` wrote): see [Precision](Precision.md#training)"),
        SettingKey(
            "head", standard: "`logistic` where `train` says nothing of epochs, else `linear`",
            "what is trained: see [Heads](#heads)"
        ) {
            (options, settings) throws(GraftError) in
            var head = try options.options("head")
            settings.head.kind = try head.string("kind") ?? settings.head.kind
            settings.head.options = head.values.filter { $0.key != "kind" }
            if !settings.head.options.isEmpty { settings.head.kind = settings.head.kind ?? HeadChoice.trained }
        },
        // Pictures are named first, and losses and rules by a registry: both are read before the others.
        SettingKey(
            "data", standard: "", "where the pictures are: see [Data](#data)", inner: DataSettings.descriptions
        ) { (_, _) throws(GraftError) in },
        SettingKey(
            "train", standard: "", "how the head learns: see [Training](#training)",
            inner: TrainerSettings.descriptions
        ) { settings in
            settings.train.problem
        } read: { (_, _) throws(GraftError) in
        },
        SettingKey(
            "preprocessing", standard: "the weights' own", "see [Preprocessing](#preprocessing)",
            inner: PreprocessingChanges.descriptions
        ) { (options, settings) throws(GraftError) in
            var changes = try options.options("preprocessing")
            settings.preprocessing = try PreprocessingChanges(options: &changes)
        },
        SettingKey(
            "output", standard: "`\(TrainingConfiguration().output)`",
            "the directory for the results: see [Output](#output)"
        ) { (options, settings) throws(GraftError) in
            settings.output = try options.string("output").map(String.init(shown:)) ?? settings.output
        },
        .flag("cache", \.cache, "whether features are kept on disk for the next run: see [Cache](#cache)"),
        .flag(
            "insight", \.insight,
            "`false`: the report is silent on the pictures (copies, doubtful labels, shortcuts, whether more would help) and on where "
                + "the model looked, and a run is some milliseconds a picture faster"),
        .flag(
            "partial", \.partial,
            "`true` accepts weights that do not fit the whole backbone: see [Weights](#weights)"),
        .flag(
            "allow_leak", \.allowLeak,
            "`true` accepts a test folder that is, holds, or is inside the training folder"),
        .flag(
            "strict", \.strict,
            "`true` makes a picture that cannot be read an error; otherwise it is skipped and listed"),
    ]
}

extension TrainingConfiguration {
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
}

extension TrainingConfiguration.DataSettings {
    package static let keys: [SettingKey<Self>] = [
        SettingKey(
            "train", standard: "required",
            "a folder with a folder of pictures for each class: `TRAIN/CLASS/*.jpg`; or a table of pictures, see "
                + "[Tables](#tables)"
        ) { (_, _) throws(GraftError) in },
        SettingKey("test", standard: "none", "the same for pictures that are only counted") {
            (options, settings) throws(GraftError) in
            settings.test = try options.string("test").map(String.init(shown:))
        },
        SettingKey("val", standard: "none", "another name for `data.test`") {
            (options, settings) throws(GraftError) in
            guard let path = try options.string("val") else { return }
            guard settings.test == nil else {
                throw GraftError(
                    .invalidValue, "data.test and data.val are two names for one thing",
                    parameter: options.path(of: "val"), remedy: "give one of them")
            }
            settings.test = String(shown: path)
        },
        .number(
            "split", \.split, in: 0...0.9,
            "without `data.test`: the share of every class that is held out to test on, 0 to 0.9; 0 holds out nothing"),
        SettingKey(
            "classes", standard: "all folders (or labels), naturally sorted",
            "the names of the class folders in the order of the model's outputs; other names than the folders' are an error "
                + "that shows the difference"
        ) { (options, settings) throws(GraftError) in
            settings.classes = try names(&options)
        },
        .choice(
            "task", \.table.task, standard: "what the table's columns say",
            "`classification` (one class a picture), `multilabel` (any number of labels), `regression` (numbers): see "
                + "[Tables](#tables)"),
        SettingKey(
            "separator", standard: "`;`, `\\|` or a comma, whichever is there",
            "what parts the labels of a picture in one field"
        ) { (options, settings) throws(GraftError) in
            settings.table.separator = try options.string("separator")
            guard settings.table.separator != "" else {
                throw GraftError(
                    .invalidValue, "nothing parts no labels", parameter: options.path(of: "separator"),
                    expected: "what stands between two labels, as in ';'")
            }
        },
        SettingKey(
            "augment", standard: "`none`",
            "what is done to training pictures at random: see [Augmentation](#augmentation)",
            inner: Augmentation.descriptions
        ) { (options, settings) throws(GraftError) in
            settings.augment = try Augmentation(options: &options, key: "augment")
        },
    ]

    private static func names(_ options: inout Options) throws(GraftError) -> [String]? {
        guard let names = try options.strings("classes") else { return nil }
        guard !names.isEmpty else {
            throw GraftError(
                .invalidValue, "a head needs at least one class", parameter: options.path(of: "classes"),
                expected: "at least one name", found: "none", remedy: "name the classes, or leave the key out")
        }
        var seen: Set<[UInt8]> = []
        if let twice = names.first(where: { !seen.insert(Array($0.utf8)).inserted }) {
            throw GraftError(.invalidValue, "'\(twice)' is named twice", parameter: options.path(of: "classes"))
        }
        return names
    }
}
