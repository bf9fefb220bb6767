import Foundation
import TestSupport
import Testing

/// The keys of the documents under `--json`: scripts read them, so they are as much of a promise as the options.
@Suite struct DocumentTests {
    private let graft: GraftProgram

    /// `food` has eight pictures a class, one of them in two classes, one in the wrong class, and one that is no picture.
    init() throws {
        graft = try GraftProgram()
        for name in ["pizza", "steak", "sushi"] {
            for index in 0..<8 { try copy("\(name)/00\(index).jpg", to: "food/\(name)/\(index).jpg") }
        }
        try copy("pizza/000.jpg", to: "food/steak/copy.jpg")
        try copy("sushi/009.jpg", to: "food/pizza/wrong.jpg")
        _ = try graft.workspace.file("food/sushi/damaged.jpg", "no picture")
    }

    private func copy(_ picture: String, to name: String) throws {
        let file = URL(fileURLWithPath: graft.workspace.path).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: URL(fileURLWithPath: Fixtures.path("sample/train/\(picture)")), to: file)
    }

    @Test func classes() throws {
        try train("run", data: "train: \(Fixtures.path("sample/train")), test: food", "train.none_of_these=20%") {
            """
            skipped: path reason
            test: \(Self.figures)
            test.per_class: class f1 precision recall support
            train: \(Self.figures)
            train.per_class: class f1 precision recall support
            epochs: test_correct train_correct
            """
        }
        let answers = """
            predictions: none_of_these path
            predictions.top: class index probability
            skipped: path reason
            """
        try expect(answers, of: "predict", "run/model.npz", "food/sushi")
        try expect(answers + "\npredictions: logits", of: "predict", "run/model.npz", "food/sushi", "--logits")
        let evaluated = """
            : notes \(Self.figures)
            per_class: class f1 precision recall support
            skipped: path reason
            """
        try expect(
            evaluated + "\nstrangers: told total", of: "evaluate", "run/model.npz", "food", "--strangers", "food/sushi")
        try copy("pizza/000.jpg", to: "published/pizza/0.jpg")
        try expect(
            """
            : notes skipped top_5_correct \(Self.figures)
            per_class: class f1 precision recall support
            """, of: "evaluate", "efficientnet_lite0", "published")
        try expect(
            ": features output paths\nskipped: path reason", of: "embed", "run/model.npz", "food/sushi", "--output",
            "f.npz")
        try expect(
            """
            maps: class hottest map path picture probability
            maps.check: deletion insertion random_deletion random_insertion
            : method skipped stage
            """, of: "explain", "run/model.npz", "food/pizza/0.jpg", "--check")
        let reliability = "confidence correct error noise_floor noise_limit total"
        try expect(
            """
            : loss_after loss_before temperature
            after: \(reliability)
            before: \(reliability)
            after.bins: confidence correct count lower upper
            before.bins: confidence correct count lower upper
            sets: count coverage promised size threshold
            """, of: "calibrate", "run/model.npz", "food", "--sets", "80")
        try expect(
            """
            : copies strangers
            picks: guess margin path probability
            skipped: path reason
            """, of: "pick", "run/model.npz", "food/sushi", "--count", "2")
        let table = try graft.workspace.file("labels.csv", "path,class\nfood/pizza/0.jpg,pizza\n")
        try expect(": copied", of: "pick", "run/model.npz", "food/pizza", "--apply", table, "--output", "labelled")
        try expectDocumentsOfFiles()
    }

    /// Of the model file that `classes` has trained.
    private func expectDocumentsOfFiles() throws {
        let file = """
            : format notes opaque path refused set values
            sets: name tensors values
            tensors: dtype name shape
            """
        let metadata = """
            metadata: backbone classes configuration feature_mean format_version licence metrics pooling probe seed \
            source temperature tensors weights_sha256
            metadata.base: name sha256
            metadata.head: kind options
            metadata.none_of_these: confidences cosines labels promised prototypes threshold width
            metadata.preprocessing: crop interpolation mean resize std
            """
        try expect(file + "\n" + metadata, of: "inspect", "run/model.npz")
        let timm = Fixtures.path("checkpoints/trainers/timm.pth")
        try expect(file, of: "inspect", timm)
        let exported = ": dtype format model output tensors values"
        try expect(
            exported + " greatest_logit_difference", of: "export", "run/model.npz", "half.npz", "--dtype", "float16")
        try expect(exported + "\nhead_of: name sha256", of: "export", "run/model.npz", "head.npz", "--head-only")
        try expect(
            ": backbone classes input output tensors values", of: "import", "head.npz", "whole.npz", "--base",
            "efficientnet_lite0")
        try expect(": input output tensors values", of: "convert", timm, "timm.safetensors")
        try expect(
            ": greatest_difference isa logits model passed relative_difference threads tolerance", of: "selftest",
            "run/model.npz")
        try expect(
            """
            : added classes kept model removed
            pictures: ramen
            skipped: path reason
            """, of: "classes", "run/model.npz", "ramen.npz", "--from-folder", "ramen=food/sushi")
        let dishes = try graft.workspace.file("dishes.yaml", "data: {classes: [pizza, ramen]}\n")
        try expect(
            """
            : classes kept model new
            report: loaded missing unexpected
            report.mismatched: expected found name
            """, of: "retarget", "run/model.npz", dishes, "dishes.npz")
        let row = "input multiply_adds name operation output parameters trainable"
        try expect("layers: \(row)\nstages: \(row)", of: "summary", "run/model.npz")
    }

    @Test func labels() throws {
        let rows = (0..<8).map { "food/pizza/\($0).jpg,flat;round\nfood/sushi/\($0).jpg,flat\n" }
        let table = try graft.workspace.file("labels.csv", "path,labels\n" + rows.joined())
        let figures = "correct interval_95 loss macro_f1 mean_average_precision micro_f1 total"
        let label = "average_precision f1 hits label precision recall support threshold told"
        try train("run", data: "train: \(table), split: 0.25") {
            """
            : skipped
            test: \(figures)
            test.per_label: \(label)
            train: \(figures)
            train.per_label: \(label)
            epochs: test_correct train_correct
            """
        }
        try expect(": notes skipped \(figures)\nper_label: \(label)", of: "evaluate", "run/model.npz", table)
        try expect(
            """
            : skipped
            predictions: labels path
            predictions.top: class index probability
            """, of: "predict", "run/model.npz", "food/pizza")
    }

    @Test func numbers() throws {
        let rows = (0..<8).map { "food/pizza/\($0).jpg,\($0).5\n" }
        let table = try graft.workspace.file("numbers.csv", "path,size\n" + rows.joined())
        let value = "mae mae_interval_95 mean r2 r2_interval_95 rmse value"
        try train("run", data: "train: \(table), test: \(table), task: regression", "allow_leak=true") {
            """
            : skipped
            test: total
            test.per_value: \(value)
            train: total
            train.per_value: \(value)
            """
        }
        try expect(": notes skipped total\nper_value: \(value)", of: "evaluate", "run/model.npz", table)
        try expect(
            """
            : skipped
            predictions: path top
            predictions.values: name value
            """, of: "predict", "run/model.npz", "food/pizza")
    }

    @Test func dataSets() throws {
        try expect(
            """
            : pictures
            classes: name test train
            findings: advice kind measure message pictures threshold
            findings.pictures: class nearest_of_class nearest_of_suggested note other path suggested value
            out_of_fold: correct total weak_evidence
            """, of: "doctor", "food", "--plan", "plan.csv")
        try expect(
            ": copied dropped moved output unused", of: "doctor", "food", "--apply", "plan.csv", "--output", "clean")
        try expect(
            """
            : flat most_gaining verdict
            curve: pictures
            curve.points: class_errors errors pictures tested wrong
            law: exponent floor scale
            predictions: error lower pictures upper
            """, of: "curve", "food")
        let configuration = try graft.workspace.file("food.yaml", "data: {train: food}\n")
        try expect(": cut_short losses rates steepest valley", of: "lr-find", configuration, "--steps", "40")
    }

    @Test func machineAndZoo() throws {
        try expect(
            """
            : data_sets heads
            backbones: input_size name parameters
            backbones.weights: accuracy classes here licence name source url
            """, of: "models", "lite0")
        try FileManager.default.createDirectory(
            atPath: "\(graft.workspace.path)/.cache/data/pizza_steak_sushi", withIntermediateDirectories: true)
        try expect(": name path", of: "fetch", "pizza_steak_sushi")
        let quick = ["mobilenet_v3_small", "--seconds", "0.01", "--batch", "1"]
        try expect(
            """
            : backbone input isa memory_gbps multiply_adds peak_gflops precision threads
            results: batch gflops least_ms logits median_ms memory_share p5_ms p95_ms peak_share runs
            layers: gflops kind ms name peak_share
            """, of: ["bench"] + quick + ["--layers", "--logits"])
        try expect(
            """
            : backbone cut freeze input isa parameters resident_bytes threads trained_parameters
            results: backward_ms batch forward_ms median_ms p5_ms p95_ms prefix_ms runs step_bytes update_ms
            """, of: ["bench"] + quick + ["--train", "--freeze", "stages=1"])
        try expect(
            """
            : backbone drawn isa pictures pictures_per_second sum_ms threads
            skipped: path reason
            stages: median_ms stage
            """, of: "bench", "mobilenet_v3_small", "food/sushi", "--seconds", "0.01", "--pipeline")
    }

    /// Those of `Evaluation` but for the classes' own.
    private static let figures = "calibration_error confusion correct interval_95 loss total"

    /// Trains an epoch, and expects what all runs tell and what `keys` adds.
    private func train(_ output: String, data: String, _ overrides: String..., keys: () -> String) throws {
        let file = try graft.workspace.file("\(output).yaml", "data: {\(data)}\ntrain: {epochs: 1}\n")
        let common = """
            : classes kept_epoch model notes output seconds seen_test_images task test_images train_images
            epochs: epoch learning_rate phase seconds test_loss test_total train_loss train_total
            plan.phases: computed_once cut epochs frozen frozen_batch_norms frozen_parameters learning_rate number \
            seconds_per_epoch trained trained_batch_norms trained_parameters

            """
        try expect(
            common + keys(), of: ["train", file, "--output", output] + overrides.flatMap { ["--set", $0] })
    }

    private func expect(_ keys: String, of arguments: String...) throws { try expect(keys, of: arguments) }

    /// - Parameter keys: as `DocumentKeys` reads them.
    private func expect(_ keys: String, of arguments: [String]) throws {
        let result = try graft.run(arguments + ["--json"])
        let (wanted, found) = (DocumentKeys(keys), DocumentKeys(of: try result.json()))
        let command = arguments.joined(separator: " ")
        #expect(wanted.without(found) == [], "missing from \(command): \(result.error)")
        #expect(found.without(wanted) == [], "new in \(command)")
    }
}
