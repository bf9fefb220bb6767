import Objectives
package import Zoo

extension TrainerSettings {
    package static let keys: [SettingKey<TrainerSettings>] = [
        .integer("epochs", \.epochs, in: 1...100_000, "passes over the training pictures"),
        .integer("batch_size", \.batchSize, in: 1...1_000_000, "pictures a step"),
        SettingKey(
            "loss", standard: "`cross_entropy`; for labels `binary_cross_entropy`, for numbers `huber`",
            "what is made small: a kind, or a map of a kind and its keys; see [Losses](#losses)"
        ) { (_, _) throws(GraftError) in },
        // Which rules and losses there are, only a registry knows: both are read before the others.
        SettingKey("optimizer", standard: "", "", inner: OptimizerSettings.descriptions) { settings in
            let rate = settings.optimizer.learningRate
            return rate > 0 && rate.isFinite
                ? nil : .init(key: "learning_rate", expected: "a number above 0", found: "\(rate)")
        } read: { (_, _) throws(GraftError) in
        },
        SettingKey("schedule", standard: "", "", inner: ScheduleSettings.descriptions) {
            (options, settings) throws(GraftError) in
            var inner = try options.options("schedule")
            settings.schedule = try ScheduleSettings(
                options: &inner, epochs: settings.epochs, learningRate: settings.optimizer.learningRate)
        },
        .number(
            "label_smoothing", \.labelSmoothing, in: 0...0.999,
            "probability moved from the true class to all evenly, 0 to 0.999"),
        SettingKey(
            "class_weights", standard: "`none`",
            "`none`, `balanced` (every class counts the same), or a map of class names to numbers (1 where not named)"
        ) { (options, settings) throws(GraftError) in
            settings.classWeights = try ClassWeights(options: &options, key: "class_weights")
        },
        .choice(
            "sampler", \.sampler,
            "`balanced`: of every class equally many pictures in an epoch, those of rare classes several times, each time "
                + "changed otherwise"),
        .number(
            "mixup", \.mixing.mixup, in: 0...100,
            "above 0, neighbours in a batch are blended and their labels with them, in shares from the distribution "
                + "Beta(x, x); 0.2 is usual"),
        .number(
            "cutmix", \.mixing.cutmix, in: 0...100,
            "above 0, a rectangle comes from the neighbour instead; 1 is usual. With both, chance picks one for each batch"
        ),
        SettingKey(
            "early_stopping", standard: "`false`",
            "a map: stop when a figure no longer improves, and keep the best epoch", inner: EarlyStopping.descriptions
        ) { settings in
            settings.earlyStopping?.problem
        } read: { (options, settings) throws(GraftError) in
            guard let value = options.value("early_stopping"), value != .bool(false) else { return }
            guard case .map = value else {
                throw options.wrong(
                    "early_stopping", value, expected: "false, or a map with patience, minimum_delta and monitor")
            }
            var inner = try options.options("early_stopping")
            settings.earlyStopping = try EarlyStopping(options: &inner)
        },
        SettingKey(
            "none_of_these", standard: "`false`",
            "`5%` (or `0.05`): the model also tells pictures that are none of its classes, at the price of so many of their "
                + "own called so. Needs a frozen backbone and 20 pictures a class: see [Insight](Insight.md)"
        ) { (options, settings) throws(GraftError) in
            settings.noneOfThese = try TrainerSettings.share(&options, "none_of_these")
        },
        SettingKey(
            "label_thresholds", standard: "`20%`",
            "for labels where the backbone learns too, or pictures are changed at random: the share of the training pictures that "
                + "is held out, to choose by them from which probability on each is told; `false`: one half"
        ) { (options, settings) throws(GraftError) in
            guard options.value("label_thresholds") != nil else { return }
            settings.labelThresholds = try TrainerSettings.share(&options, "label_thresholds")
        },
        SettingKey(
            "freeze", standard: "`backbone`",
            "what stays as it is, see [Fine-tuning](#fine-tuning): `backbone`, `two_thirds`, `none`, `{stages: N}` or "
                + "patterns of names"
        ) { (options, settings) throws(GraftError) in
            settings.freeze = try FreezeSettings.read(&options) ?? settings.freeze
        },
        .choice(
            "batch_norm", \.batchNorm,
            "what the backbone's batch norms do where their stage trains: `train`, or `frozen`"),
        .number(
            "layer_decay", \.layerDecay, in: 0.01...1,
            "times the learning rate for every stage further from the head, 0.01 to 1"),
        SettingKey(
            "recipe", standard: "none",
            "`finetune`: the head, then as much of the backbone as the training pictures say is worth it, see "
                + "[Fine-tuning](#fine-tuning)"
        ) { (_, _) throws(GraftError) in },
        SettingKey(
            "finetune", standard: "`full`",
            "the recipe `finetune`, also where `recipe` is not said: `quick` for at most a third of the time"
        ) { (_, _) throws(GraftError) in },
        SettingKey(
            "phases", standard: "none",
            "a list of phases, one after the other, each with its own `freeze`, `epochs`, `learning_rate`, `schedule`, "
                + "`layer_decay` and `batch_norm`"
        ) { settings in
            settings.phases.lazy.compactMap(\.problem).first
        } read: { (options, settings) throws(GraftError) in
            // What a recipe decides, and what a phase leaves out, is found in the keys above.
            try settings.readPhases(&options)
        },
        .numberOrOff(
            "gradient_clip", \.gradientClip, expected: "a number above 0",
            "the largest norm of all gradients together; above it they are scaled down (`clip_grad_norm_`)"
        ) { $0 > 0 },
        .integer(
            "accumulate", \.accumulate, in: 1...10_000, "batches that make one step, as if they were one large batch"),
        .numberOrOff(
            "ema", \.averageDecay, expected: "a decay between 0 and 1, as in 0.99",
            "decay of a running average of weights and statistics after every step, as in 0.99; the average is tested and "
                + "kept"
        ) { $0 > 0 && $0 < 1 },
        .flag(
            "tensorboard", \.tensorBoard,
            "whether `events.out.tfevents.0.graft` is written too, for TensorBoard"),
        SettingKey(
            "seed", standard: "`42`",
            "decides initial weights, order, dropout and the split; equal runs give equal files, whatever the number of "
                + "threads"
        ) { (options, settings) throws(GraftError) in
            if let seed = try options.integer("seed", in: 0...(1 << 53)) { settings.seed = UInt64(seed) }
        },
    ]
}
