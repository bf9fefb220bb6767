import Data
import Exchange
import Foundation
import Heads
import Inference
import Learning
import Objectives
import Runs
import Synchronization
import Testing
import Weights
import Zoo

/// Every kind of head and pooling, from a folder of pictures to a file that predicts.
@Suite struct HeadKindTests {
    /// Trains, then has a fresh reader of the file count the test pictures.
    private func check(
        _ data: TinyData, _ change: (inout [String: OptionValue]) -> Void
    ) async throws -> (result: TrainingResult, classifier: LoadedModel) {
        let result = try data.run(change)
        let classifier = try LoadedModel(result.model, registry: data.registry)
        let evaluation = try await classifier.evaluate("\(data.scratch.path)/test").assessment
        #expect(evaluation.evaluation?.confusion == result.test?.evaluation?.confusion)
        return (result, classifier)
    }

    @Test("pooling", arguments: [Pooling.avg, .max, .avgMax, .gem])
    func pooling(_ pooling: Pooling) async throws {
        let data = try TinyData()
        let (result, classifier) = try await check(data) { $0["pooling"] = .string(pooling.rawValue) }
        #expect(result.test?.correct == 12)
        #expect(classifier.model.pooling == pooling)
        let width = pooling == .avgMax ? 32 : 16
        #expect(try WeightFile(path: result.model).load()["classifier.weight"]?.shape == [3, width])
        #expect(
            try await classifier.embed([.path("\(data.scratch.path)/test/red/0.jpg")]).features.shape == [1, width])
    }

    @Test func mlp() async throws {
        let (result, classifier) = try await check(try TinyData()) {
            $0["head"] = .map(["kind": .string("mlp"), "hidden": .list([.number(8)]), "dropout": .number(0)])
        }
        #expect(result.test?.correct == 12)
        #expect(
            classifier.metadata.head.options
                == ["hidden": .list([.number(8)]), "activation": .string("relu"), "dropout": .number(0)])
    }

    // MARK: two classes by one value

    @Test func binary() async throws {
        let data = try TinyData()
        for part in ["train", "test"] {
            try FileManager.default.removeItem(atPath: "\(data.scratch.path)/\(part)/green")
        }
        let (result, classifier) = try await check(data) {
            $0["head"] = .map(["kind": .string("linear"), "binary": .bool(true)])
        }
        #expect(result.classes == ["blue", "red"])
        #expect(result.test?.correct == 8)
        #expect(classifier.model.outputs == 1)
        #expect(try WeightFile(path: result.model).load()["classifier.weight"]?.shape == [1, 16])
        // The logit is for the second class, through a sigmoid.
        let path = "\(data.scratch.path)/test/red/0.jpg"
        let prediction = try #require(await classifier.classify([.path(path)]).predictions.first)
        let logit = Double(try #require(prediction.logits?.first))
        #expect(prediction.logits?.count == 1 && logit > 0)
        #expect(prediction.top.map(\.name) == ["red", "blue"])
        #expect(prediction.top.map(\.index) == [1, 0])
        #expect(abs(prediction.top[0].probability - 1 / (1 + exp(-logit))) < 1e-12)
        #expect(try String(contentsOfFile: result.report, encoding: .utf8).contains("8 <small>of</small> 8"))
    }

    @Test func binaryTellsTwoClassesApart() throws {
        let data = try TinyData()
        #expect(
            errorText {
                _ = try data.run { $0["head"] = .map(["kind": .string("linear"), "binary": .bool(true)]) }
            }
                == "head.binary: one value cannot tell that many classes apart: expected 2 classes, found 3; leave out binary"
        )
    }

    // MARK: class means

    /// Points around three corners, and their means.
    private func clouds(_ count: Int = 12, salt: UInt32 = 3, spread: Float = 0.5) throws -> LabeledFeatures {
        let labels = (0..<count).map { $0 % 3 }
        var values = noise(salt, count * 5).map { $0 * spread + 0.3 }
        for (n, label) in labels.enumerated() { values[n * 5 + label] += 1 }
        return LabeledFeatures(features: try Tensor(shape: [count, 5], elements: values), labels: labels)
    }

    private func means(_ data: LabeledFeatures) -> [[Double]] {
        (0..<3).map { label in
            let rows = data.targets.classIndices?.enumerated().filter { $0.element == label }.map(\.offset) ?? []
            return (0..<5).map { column in
                rows.reduce(0) { $0 + Double(data.features.elements[$1 * 5 + column]) } / Double(rows.count)
            }
        }
    }

    /// The file holds what was learnt; whoever computes with it gets cosines.
    @Test func cosine() async throws {
        let data = try TinyData()
        let (result, classifier) = try await check(data) { $0["head"] = .map(["kind": .string("cosine")]) }
        #expect(result.test?.correct == 12)
        let weights = try WeightFile(path: result.model).load()
        let scale = try #require(weights["classifier.scale"])
        #expect(scale.shape == [1] && scale.elements[0] != 10)
        let weight = try #require(weights["classifier.weight"])
        #expect(weight.shape == [3, 16] && weights["classifier.bias"] == nil)
        let path = PictureInput.path("\(data.scratch.path)/test/red/0.jpg")
        let features = try await classifier.embed([path]).features.elements.map(Double.init)
        let logits = try #require(try await classifier.classify(path).logits)
        func length(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        for row in 0..<3 {
            let values = weight.elements[row * 16..<(row + 1) * 16].map(Double.init)
            let product = zip(values, features).map { $0 * $1 }.reduce(0, +)
            let cosine = product / (length(values) * length(features))
            #expect(abs(Double(logits[row]) - cosine * Double(scale.elements[0])) < 1e-5)
        }
        // Other programs know no temperature: the factor takes it in.
        let portable = try PortableModel(result.model, registry: data.registry)
        let temperature = try #require(portable.metadata.temperature)
        let divided = try portable.calibrated()
        #expect(divided.metadata.temperature == nil)
        #expect(divided.tensors["classifier.scale"]?.elements == [Float(Double(scale.elements[0]) / temperature)])
    }

    @Test("prototype", arguments: ["cosine", "euclidean"], [0.5, 2.0])
    func prototypesAreTheNearestMeans(distance: String, temperature: Double) throws {
        let data = try clouds()
        var options = Options(["distance": .string(distance), "temperature": .number(temperature)])
        let head = try PrototypeHead(options: &options, for: TinyBackbone(variant: "tiny"))
        let context = HeadContext(outputs: 3, classifierPath: "classifier")
        let weights = try #require(try head.fit(features: data.features, targets: data.targets, in: context)).tensors
        let graph = try vectorGraph(5) { head.layers(in: context) }
        #expect(weights.names == graph.parameters.map(\.name))
        let logits = try Reference(graph, weights).run(data.features.elements.map(Double.init))
        for row in 0..<data.count {
            let x = (0..<5).map { Double(data.features.elements[row * 5 + $0]) }
            func length(_ v: [Double]) -> Double { v.reduce(0) { $0 + $1 * $1 }.squareRoot() }
            let wanted = means(data).map { mean in
                let product = zip(x, mean).reduce(0) { $0 + $1.0 * $1.1 }
                let apart = length(zip(x, mean).map { $0 - $1 })
                return distance == "cosine"
                    ? product / (length(x) * length(mean) * temperature)
                    : (length(x) * length(x) - apart * apart) / temperature
            }
            for c in 0..<3 { #expect(abs(logits[row * 3 + c] - wanted[c]) < 1e-5) }
        }
    }

    @Test("few-shot", arguments: ["cosine", "euclidean"])
    func prototypesNeedOnePassAndOnePicture(distance: String) async throws {
        let data = try TinyData(train: 1)
        func train() async throws -> (result: TrainingResult, classifier: LoadedModel) {
            try await check(data) { $0["head"] = .map(["kind": .string("prototype"), "distance": .string(distance)]) }
        }
        let (result, _) = try await train()
        #expect(result.epochs.count == 1)
        #expect(result.epochs[0].trainCorrect == 3)
        #expect(result.test?.correct == 12)
        let first = try Data(contentsOf: URL(filePath: result.model))
        #expect(try await Data(contentsOf: URL(filePath: train().result.model)) == first)
    }

    /// A file with its pictures' features: it answers alone, and other programs are as sure of it.
    @Test func neighbours() async throws {
        let data = try TinyData()
        let (result, classifier) = try await check(data) {
            $0["head"] = .map(["kind": .string("knn"), "neighbours": .number(3)])
        }
        #expect(result.test?.correct == 12 && result.epochs.count == 1)
        let weights = try WeightFile(path: result.model).load()
        let pictures = try #require(weights["votes.labels"]?.elements.count)
        #expect(weights["known.weight"]?.shape == [pictures, 16])
        #expect(
            classifier.metadata.head.options == [
                "neighbours": .number(3), "temperature": .number(0.07), "pictures": .number(Double(pictures)),
            ])
        let portable = try PortableModel(result.model, registry: data.registry)
        let temperature = try #require(portable.metadata.temperature)
        let divided = try portable.calibrated()
        #expect(divided.tensors["votes.scale"]?.elements == [Float(1 / temperature)])
        #expect(divided.metadata.temperature == nil)
    }

    @Test func `without a word of steps the head is solved for`() async throws {
        let data = try TinyData()
        let told = Mutex<[OptionChoice]>([])
        let run = TrainingRun(
            try data.configuration { $0["train"] = .map(["seed": .number(1)]) }, registry: data.registry)
        let result = try run.runHere { event in
            if case .choice(let choice) = event { told.withLock { $0.append(choice) } }
        }
        let choice = try #require(result.choice)
        #expect(told.withLock { $0 } == [choice])
        #expect(result.outline == nil)
        #expect(result.epochs.count == 1)
        #expect(result.test?.correct == 12)
        let metadata = try #require(try WeightFile(path: result.model).metadata)
        #expect(metadata.head.kind == "logistic")
        #expect(metadata.metrics?[choice.option] == .number(choice.chosen))
        let report = try String(contentsOfFile: result.report, encoding: .utf8)
        #expect(report.contains("How it was made") && !report.contains("How it learnt"))
        #expect(try String(contentsOfFile: "\(data.output)/curves.svg", encoding: .utf8).contains("strength"))
    }

    /// The search for a strength ends where somebody asks it to, and leaves nothing.
    @Test func `solving for a head can be given up`() throws {
        let data = try TinyData()
        let interrupter = Interrupter()
        let parts = Mutex<[Int]>([])
        let run = TrainingRun(
            try data.configuration { $0["head"] = .map(["kind": .string("logistic")]) }, registry: data.registry)
        let error = #expect(throws: GraftError.self) {
            try run.runHere(interrupter: interrupter) { event in
                guard case .solving(let done, let total) = event else { return }
                parts.withLock { $0.append(done) }
                #expect(done <= total)
                if done == 2 { interrupter.cancel() }
            }
        }
        #expect(error?.code == .cancelled)
        #expect(parts.withLock { $0 } == [1, 2])
        #expect(!FileManager.default.fileExists(atPath: "\(data.output)/model.npz"))
    }

    @Test func theTemperatureFitsTheLabels() throws {
        // On pictures it has not seen, the chosen temperature is nearly as good as the best one.
        let data = try clouds(90, spread: 1)
        let unseen = try clouds(90, salt: 4, spread: 1)
        let context = HeadContext(outputs: 3, classifierPath: "classifier")
        func loss(_ temperature: Double?) throws -> Double {
            var options = Options(temperature.map { ["temperature": .number($0)] } ?? [:])
            let head = try PrototypeHead(options: &options, for: TinyBackbone(variant: "tiny"))
            let weights = try #require(try head.fit(features: data.features, targets: data.targets, in: context))
                .tensors
            let graph = try vectorGraph(5) { head.layers(in: context) }
            let plain = try Reference(graph, weights).run(unseen.features.elements.map(Double.init))
            let logits = try Tensor(shape: [90, 3], elements: plain.map { Float($0) })
            let labels = try #require(unseen.targets.classIndices)
            return try #require(try Evaluation(logits: logits, labels: labels, classes: ["a", "b", "c"]).loss)
        }
        let best = try (0...40).map { try loss(pow(2, Double($0 - 30) / 3)) }.min() ?? 0
        #expect(try loss(nil) < best * 1.1)
        #expect(try loss(1) > best * 1.1)
    }

    @Test func aClassWithoutExamplesHasNoMean() throws {
        var options = Options()
        let head = try PrototypeHead(options: &options, for: TinyBackbone(variant: "tiny"))
        #expect(
            errorText {
                _ = try head.fit(
                    features: Tensor(shape: [2, 4]), targets: .classes([0, 2]),
                    in: HeadContext(outputs: 3, classifierPath: "classifier"))
            } == "a class mean needs at least one example: found none of class 1")
    }

    // MARK: weights that do not fit

    @Test func weightsMustFitUnlessThatIsAccepted() throws {
        let data = try TinyData()
        var model = try ImportedModel(path: try data.run().model)
        let path = "\(data.scratch.path)/other.safetensors"
        model.tensors["features.norm.bias"] = nil
        model.tensors["features.conv2.weight"] = Tensor(shape: [16, 4, 3, 3])
        model.tensors["features.more.weight"] = Tensor(shape: [2])
        try Safetensors.write(model.tensors, to: path)
        #expect(
            errorText { _ = try data.run { $0["weights"] = .string(path) } }
                == "\(path): the weights do not fit the model: expected 6 tensors, found 1 missing (features.norm.bias), "
                + "1 of another shape (features.conv2.weight: 16x4x3x3 instead of 16x8x3x3), "
                + "1 unexpected (features.more.weight); or start the rest from random numbers with --partial")
        let result = try data.run {
            $0["weights"] = .string(path)
            $0["partial"] = .bool(true)
        }
        #expect(
            result.notes == [
                "weights of \(path): 4 loaded, 1 missing, 1 of another shape, 1 unexpected",
                "missing     features.norm.bias",
                "shape       features.conv2.weight: 16x4x3x3 instead of 16x8x3x3",
                "unexpected  features.more.weight",
            ])
        let trained = try WeightFile(path: result.model).load()
        #expect(trained["features.conv.weight"] == model.tensors["features.conv.weight"])
        #expect(trained["features.norm.bias"]?.shape == [8])
        #expect(trained["features.conv2.weight"]?.shape == [16, 8, 3, 3])
    }
}
