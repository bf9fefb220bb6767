import RunConfiguration
import Data
import Inference
import Learning
import Runs
import Testing
import Zoo

@Suite struct RunConfigurationTests {
    private func read(_ values: [String: OptionValue]) throws -> TrainingConfiguration {
        var all = values
        if all["data"] == nil { all["data"] = .map(["train": .string("photos")]) }
        return try TrainingConfiguration(options: Options(all))
    }

    @Test func weightsMayNameASetOfAFile() throws {
        let chosen = try read(["weights": .map(["file": .string("x.pth"), "set": .string("ema")])])
        #expect(chosen.weights == "x.pth" && chosen.weightSet == "ema")
        // A file, whatever it is called.
        #expect(try read(["weights": .map(["file": .string("imagenet1k")])]).weights == "./imagenet1k")
        #expect(try read(["weights": .string("x.pth")]).weightSet == nil)
        #expect(
            errorText { _ = try read(["weights": .map(["set": .string("ema")])]) }
                == "weights.file: missing: expected a file of weights; write weights: {file: FILE, set: NAME}")
        #expect(
            errorText { _ = try read(["weights": .map(["file": .string("x.pth"), "sets": .string("ema")])]) }
                == "unknown key 'weights.sets'; did you mean 'weights.set'?")
    }

    @Test func onlyTheTrainingFolderIsRequired() throws {
        #expect(try read([:]) == TrainingConfiguration(train: "photos"))
        #expect(
            errorText { _ = try TrainingConfiguration(options: Options()) }
                == "data.train: missing: expected the folder of the training pictures; add data: {train: FOLDER}")
    }

    @Test func `a head is solved for where nothing is said of steps`() throws {
        func kind(
            _ options: [String: OptionValue], task: ModelTask = .classification, classes: Int = 3, pictures: Int = 300,
            known: [String] = ["linear", "logistic"]
        ) throws -> String {
            try read(options).headKind(
                task: task, classes: classes, pictures: pictures, features: 1280, known: known)
        }
        #expect(try kind([:]) == "logistic")
        #expect(try kind(["train": .map(["seed": .number(3), "none_of_these": .string("5%")])]) == "logistic")
        for said: [String: OptionValue] in [
            ["train": .map(["epochs": .number(5)])], ["train": .map(["recipe": .string("finetune")])],
            ["train": .map(["optimizer": .map(["kind": .string("adam")])])],
            ["train": .map(["class_weights": .string("balanced")])], ["head": .map(["dropout": .number(0.2)])],
            ["head": .map(["kind": .string("linear")])], ["pooling": .string("positions")],
            ["data": .map(["train": .string("photos"), "augment": .string("light")])],
        ] { #expect(try kind(said) == "linear", "\(said)") }
        #expect(try kind(["head": .map(["kind": .string("mlp")])]) == "mlp")
        #expect(try kind([:], task: .multilabel) == "linear")
        #expect(try kind([:], task: .regression) == "linear")
        #expect(try kind([:], classes: 1) == "linear")
        #expect(try kind([:], known: ["linear"]) == "linear")
        // Solving would take minutes.
        #expect(try kind([:], classes: 100, pictures: 700) == "logistic")
        #expect(try kind([:], classes: 100, pictures: 800) == "linear")
        #expect(try kind([:], classes: .max, pictures: .max) == "linear")
        // A program says it with values.
        var configuration = TrainingConfiguration(train: "photos")
        configuration.train.epochs = 6
        #expect(
            configuration.headKind(
                task: .classification, classes: 3, pictures: 300, features: 1280, known: ["linear", "logistic"])
                == "linear")
    }

    @Test func everyKeyIsRead() throws {
        let configuration = try read([
            "backbone": .string("resnet18"), "weights": .string("none"), "pooling": .string("avg+max"),
            "head": .map(["kind": .string("mlp"), "dropout": .number(0.5)]),
            "data": .map([
                "train": .string("a"), "val": .string("b"), "split": .number(0.3),
                "classes": .list([.string("x"), .number(2)]),
            ]),
            "train": .map(["epochs": .number(9), "freeze": .string("backbone"), "seed": .number(7)]),
            "preprocessing": .map([
                "resize": .number(300), "crop": .number(280), "interpolation": .string("bilinear"),
                "mean": .list([.number(0), .number(0.5), .number(1)]),
                "std": .list([.number(1), .number(2), .number(3)]), "color": .string("as_is"),
            ]),
            "output": .string("here"), "cache": .bool(false), "strict": .bool(true),
        ])
        #expect(configuration.backbone == "resnet18")
        #expect(configuration.weights == "none")
        #expect(configuration.pooling == .avgMax)
        #expect(configuration.head.kind == "mlp")
        #expect(configuration.head.options == ["dropout": .number(0.5)])
        #expect(configuration.data.train == "a")
        #expect(configuration.data.test == "b")
        #expect(configuration.data.split == 0.3)
        #expect(configuration.data.classes == ["x", "2"])
        #expect(configuration.train.epochs == 9)
        #expect(configuration.train.seed == 7)
        #expect(configuration.preprocessing.resize == 300)
        #expect(configuration.preprocessing.crop == 280)
        #expect(configuration.preprocessing.interpolation == .bilinear)
        #expect(configuration.preprocessing.mean == [0, 0.5, 1])
        #expect(configuration.preprocessing.std == [1, 2, 3])
        #expect(configuration.preprocessing.color == .asIs)
        #expect(configuration.output == "here")
        #expect(!configuration.cache)
        #expect(configuration.strict)
    }

    @Test(
        arguments: [
            (["bakbone": .string("x")], "unknown key 'bakbone'; did you mean 'backbone'?"),
            (
                ["data": .map(["train": .string("a"), "tests": .string("b")])],
                "unknown key 'data.tests'; did you mean 'data.test'?"
            ),
            (["train": .map(["epoch": .number(3)])], "unknown key 'train.epoch'; did you mean 'train.epochs'?"),
            (
                ["preprocessing": .map(["size": .number(3)])],
                "unknown key 'preprocessing.size'; did you mean 'preprocessing.resize'?"
            ),
            (
                ["train": .map(["freeze": .string("backbones")])],
                "train.freeze: unknown value 'backbones'; did you mean 'backbone'?"
            ),
            (
                ["data": .map(["train": .string("a"), "test": .string("b"), "val": .string("c")])],
                "data.val: data.test and data.val are two names for one thing; give one of them"
            ),
            (
                ["data": .map(["train": .string("a"), "split": .number(1)])],
                "data.split: wrong value: expected a number from 0 to 0.9, found 1"
            ),
            (
                ["pooling": .string("average")],
                "pooling: unknown value 'average'; known: avg, avg+l2, avg+max, gem, max, positions, token, token+avg, token+avg+l2, token+l2"
            ),
            (
                ["preprocessing": .map(["mean": .list([.number(1)])])],
                "preprocessing.mean: wrong value: expected three numbers: red, green, blue, found [1]"
            ),
            (["data": .string("photos")], "data: wrong value: expected a map of keys and values, found photos"),
        ] as [([String: OptionValue], String)])
    func mistakesAreExplained(_ values: [String: OptionValue], _ expected: String) {
        #expect(errorText { _ = try read(values) } == expected)
    }

    @Test func preprocessingIsChangedInPart() throws {
        let data = try TinyData(train: 2, test: 1)
        // A crop alone keeps the share of the picture that is cut out: 18 * 32 / 16.
        let larger = try data.run { $0["preprocessing"] = .map(["crop": .number(32)]) }
        let classifier = try LoadedModel(larger.model, registry: data.registry)
        #expect(classifier.preprocessing == .imageNet(resize: 36, crop: 32, interpolation: .bilinear))
        #expect(
            errorText { _ = try data.run { $0["preprocessing"] = .map(["resize": .number(8)]) } }
                == "preprocessing.resize: impossible preprocessing: expected 16 (crop) to 8192 pixels, found 8")
        #expect(
            errorText { _ = try data.run { $0["head"] = .map(["dropuot": .number(0.1)]) } }
                == "unknown key 'head.dropuot'; did you mean 'head.dropout'?")
    }
}
