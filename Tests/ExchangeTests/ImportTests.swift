import Exchange
import Testing
import Weights
import Zoo

/// Checkpoints that other programs wrote.
@Suite struct ImportTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    private func imported(
        _ name: String, backbone: String? = nil, classes: [String]? = nil
    ) throws -> PortableModel {
        try PortableModel(
            importing: try WeightFile(path: desk.file(name)), backbone: backbone, classes: classes,
            registry: desk.registry)
    }

    @Test func classesComeFromTheCallerElseTheFileElseThePublisher() throws {
        let tensors = try PortableModel("tiny", registry: desk.registry).tensors
        try Safetensors.write(
            tensors, metadata: ["format": "pt", "classes": "[\"a\", \"b\", \"c\"]"], to: desk.file("said.safetensors"))
        try TorchCheckpoint.write(tensors, to: desk.file("plain.pth"))
        #expect(try imported("said.safetensors", backbone: "tiny").metadata.classes == ["a", "b", "c"])
        #expect(
            try imported("said.safetensors", backbone: "tiny", classes: ["x", "y", "z"]).metadata.classes
                == ["x", "y", "z"])
        #expect(try imported("plain.pth", backbone: "tiny").metadata.classes == ["one", "two", "three"])
    }

    @Test func whatTheFileDoesNotSayMustBeSaid() throws {
        let tensors = try PortableModel("tiny", registry: desk.registry).tensors
        try TorchCheckpoint.write(tensors, to: desk.file("plain.pth"))
        #expect(
            desk.line { _ = try imported("plain.pth") }
                == "plain.pth: the file does not say which network its weights are of; "
                + "say it with --backbone NAME; graft models lists the names")
        #expect(
            desk.line { _ = try imported("plain.pth", backbone: "tiny", classes: ["x"]) }
                == "plain.pth: the class names do not fit the file: expected 3 names, found 1")
        try Safetensors.write(tensors, metadata: ["classes": "a, b"], to: desk.file("bad.safetensors"))
        #expect(
            desk.line { _ = try imported("bad.safetensors", backbone: "tiny") }
                == "bad.safetensors: classes: the class names cannot be read: expected a JSON list of texts, found 'a, b'"
        )
    }

    @Test func whatTheFileSaysMustNotBeContradicted() throws {
        try desk.writeTuned(to: "model.npz")
        #expect(
            desk.line { _ = try imported("model.npz", backbone: "tiny_too") }
                == "model.npz: the file says that it is of another network: expected tiny_too, found tiny; "
                + "leave out --backbone")
        #expect(
            desk.line { _ = try imported("model.npz", classes: ["x"]) }
                == "model.npz: the class names do not fit the file: expected 3 names, found 1")
        #expect(try imported("model.npz", classes: ["x", "y", "z"]).metadata.classes == ["x", "y", "z"])
    }

    @Test func aProbeOfOtherWeightsIsLeftOut() throws {
        try desk.writeTuned(to: "model.npz")
        let model = try desk.open("model.npz")
        // As a program does that trains on and keeps the texts.
        var tensors = model.tensors
        var bias = try #require(tensors["classifier.bias"])
        bias.withElements { $0[0] += 1 }
        tensors["classifier.bias"] = bias
        try Safetensors.write(tensors, model: model.metadata, to: desk.file("on.safetensors"))
        let on = try imported("on.safetensors")
        #expect(on.metadata.probe == nil)
        try on.write(to: desk.file("on.npz"))
        let written = try desk.open("on.npz")
        #expect(written.tensors == tensors)
        #expect(written.metadata.probe != nil)
        #expect(written.metadata.probe != model.metadata.probe)
        #expect(try SelfTest(written).passed)
    }

    @Test func aFileThatSaysNothingIsNoModel() throws {
        try TorchCheckpoint.write(try desk.tuned().tensors, to: desk.file("plain.pth"))
        #expect(
            desk.line { _ = try desk.open("plain.pth") }
                == "plain.pth: the file does not say which model its weights are for: expected a model.npz of graft "
                + "train; make one with: graft convert plain.pth model.npz --backbone NAME")
        #expect(
            desk.line { _ = try PortableModel("tinny", registry: desk.registry) }
                == "unknown backbone 'tinny'; did you mean 'tiny'?")
    }
}

/// Heads and wrappers as other trainers save them.
@Suite struct ImportedHeadTests {
    let desk: Desk
    private let backbone: StateDict

    init() throws {
        desk = try Desk()
        backbone = try PortableModel("tiny", registry: desk.registry).tensors.renamed {
            $0.hasPrefix("features.") ? $0 : nil
        }
    }

    /// Values that differ from each other.
    private func tensor(_ shape: [Int], _ seed: Float) throws -> Tensor {
        try Tensor(shape: shape, elements: (0..<shape.reduce(1, *)).map { seed + Float($0) / 64 })
    }

    private func write(_ head: [(String, [Int])], front: String = "", _ name: String = "h.pth") throws -> StateDict {
        var state = backbone.renamed { front + $0 }
        for (index, item) in head.enumerated() { state[front + item.0] = try tensor(item.1, Float(index) - 0.5) }
        try TorchCheckpoint.write(state, to: desk.file(name))
        return state
    }

    private func imported(
        _ name: String = "h.pth", classes: [String]? = nil, set: String? = nil, activation: String? = nil
    ) throws -> PortableModel {
        try PortableModel(
            importing: try WeightFile(path: desk.file(name)), backbone: "tiny", classes: classes, set: set,
            activation: activation, registry: desk.registry)
    }

    @Test(arguments: [
        ("", "classifier"), ("module.", "classifier"), ("", "fc"), ("net._orig_mod.", "fc.1"), ("", "head.fc"),
        ("model.", "classifier.1"), ("", "my_own.layer"),
    ])
    func oneLinearLayer(front: String, path: String) throws {
        let state = try write([("\(path).weight", [5, 16]), ("\(path).bias", [5])], front: front)
        let model = try imported()
        #expect(model.metadata.head.kind == "linear")
        #expect(model.metadata.classes == ["class_0", "class_1", "class_2", "class_3", "class_4"])
        #expect(model.tensors["classifier.weight"] == state["\(front)\(path).weight"])
        #expect(model.tensors["classifier.bias"] == state["\(front)\(path).bias"])
        for name in backbone.names { #expect(model.tensors[name] == backbone[name]) }
    }

    @Test func noBiasesAreZeros() throws {
        _ = try write([("fc.weight", [3, 16])])
        #expect(try imported().tensors["classifier.bias"]?.elements == [0, 0, 0])
    }

    @Test(arguments: [["fc.0", "fc.2"], ["classifier.1", "classifier.4"], ["head.fc1", "head.fc2"]])
    func hiddenLayersAreTheMLPHead(paths: [String]) throws {
        let shapes = [(paths[0], [7, 16]), (paths[1], [3, 7])]
        let state = try write(shapes.flatMap { [("\($0).weight", $1), ("\($0).bias", [$1[0]])] })
        let model = try imported(classes: ["a", "b", "c"], activation: "silu")
        #expect(model.metadata.head.kind == "mlp")
        #expect(model.metadata.head.options["hidden"] == .list([.number(7)]))
        #expect(model.metadata.head.options["activation"] == .string("silu"))
        #expect(model.tensors["head.0.weight"] == state["\(paths[0]).weight"])
        #expect(model.tensors["head.0.bias"] == state["\(paths[0]).bias"])
        #expect(model.tensors["classifier.weight"] == state["\(paths[1]).weight"])
        #expect(
            try imported().notes.contains(
                "the head has hidden layers [7]; a checkpoint does not say what follows them: taken for relu, --activation "
                    + "names another"))
        try model.write(to: desk.file("h.npz"))
        #expect(try desk.open("h.npz").metadata.head.kind == "mlp")
    }

    @Test func oneOutputIsASigmoid() throws {
        _ = try write([("fc.weight", [1, 16]), ("fc.bias", [1])])
        let model = try imported(classes: ["cat", "dog"])
        #expect(model.metadata.head.options["binary"] == .bool(true))
        #expect(model.metadata.classes == ["cat", "dog"])
        #expect(model.notes.contains("one output: a sigmoid of which a positive value means 'dog'"))
        #expect(try imported().metadata.classes == ["class_0", "class_1"])
    }

    @Test func whatIsNoHeadIsSaid() throws {
        _ = try write([("fc.weight", [5, 99])])
        #expect(
            desk.line { _ = try imported() }
                == "h.pth: no classifier of tiny in this file: expected linear layers from 16 features, as "
                + "classifier.weight, found fc.weight (5x99)")
        _ = try write([])
        #expect(
            desk.line { _ = try imported() }
                == "h.pth: no classifier of tiny in this file: expected linear layers from 16 features, as "
                + "classifier.weight, found \(backbone.count) tensors, the first of them features.conv.weight")
        _ = try write([("fc.0.weight", [5, 16]), ("fc.1.running_mean", [5]), ("fc.2.weight", [3, 5])])
        #expect(
            desk.line { _ = try imported() }
                == "h.pth: fc.1.running_mean: the head has a layer that is not linear: expected Linear, or Linear, "
                + "activation, Linear, found 5")
        _ = try write([("fc.weight", [5, 16]), ("head.weight", [4, 16])])
        #expect(
            desk.line { _ = try imported() }
                == "h.pth: several heads in the file fit the backbone: expected one, found fc, head; save the model with "
                + "one head")
        _ = try write([("classifier.weight", [5, 16]), ("head.weight", [4, 16])])
        #expect(try imported().metadata.classes.count == 5)
    }

    @Test func aBaseInAWrapper() throws {
        try PortableModel("tiny", registry: desk.registry).write(to: desk.file("head.npz"), headOnly: true)
        var state = backbone.renamed { "module." + $0 }
        state["criterion.weight"] = try tensor([3], 1)
        try TorchCheckpoint.write(state, to: desk.file("base.pth"))
        let model = try PortableModel(
            head: try WeightFile(path: desk.file("head.npz")), base: desk.file("base.pth"), registry: desk.registry)
        #expect(model.tensors == (try PortableModel("tiny", registry: desk.registry).tensors))
    }

    @Test func anAverage() throws {
        var state = try write([("fc.weight", [2, 16])], front: "model.")
        for name in state.names {
            var tensor = try #require(state[name])
            tensor.withElements { $0[0] = 5 }
            state["ema_" + name] = tensor
        }
        try TorchCheckpoint.write(state, to: desk.file("ema.pth"))
        #expect(try imported("ema.pth").tensors["classifier.weight"]?.elements[0] == -0.5)
        #expect(try imported("ema.pth", set: "ema").tensors["classifier.weight"]?.elements[0] == 5)
    }
}
