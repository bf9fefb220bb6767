import TestSupport
import Testing
import Weights
import Zoo

/// Names and shapes as other trainers leave them, against those of a small model.
@Suite struct CheckpointMatchTests {
    /// A family whose checkpoints may also call `features` `blocks`.
    private struct Small: Backbone {
        static let variants = ["small"]
        let name = "small"
        let classifierPath: String

        init(variant: String) { classifierPath = "classifier.1" }
        init(classifierPath: String) { self.classifierPath = classifierPath }

        var preprocessing: Preprocessing { .imageNet(resize: 8, crop: 8, interpolation: .bilinear) }

        var features: [any Layer] {
            Sequential {
                Conv(2, kernel: 3, stride: 2).named("conv")
                Norm().named("norm")
            }.named("features")
        }

        func parameterName(forCheckpointName name: String) -> String? {
            if name.hasSuffix("num_batches_tracked") { return nil }
            return name.hasPrefix("blocks.") ? "features." + name.dropFirst(7) : name
        }
    }

    private let scratch: ScratchDirectory
    private let own: [(String, [Int])]
    private let backbone = Small(variant: "small")
    private let parameters: [Parameter]

    init() throws {
        scratch = try ScratchDirectory()
        var builder = GraphBuilder(inputShape: [8, 8, 3])
        let output = try Sequential(Small(variant: "small").features).build(builder.input, in: &builder)
        builder.endStage("features", at: output)
        parameters = try builder.graph(output: output).parameters
        own = parameters.map { ($0.name, $0.shape) }
    }

    private func file(_ tensors: [(String, [Int])], _ name: String = "f.safetensors") throws -> WeightFile {
        var state = StateDict()
        for (index, (name, shape)) in tensors.enumerated() {
            state[name] = try Tensor(
                shape: shape, elements: [Float](repeating: Float(index), count: shape.reduce(1, *)))
        }
        let path = scratch.file(name)
        try Safetensors.write(state, to: path)
        return try WeightFile(path: path)
    }

    private func match(
        _ tensors: [(String, [Int])], set: String? = nil, backbone: Small? = nil
    ) throws -> CheckpointMatch {
        try CheckpointMatch(try file(tensors), for: parameters, of: backbone ?? self.backbone, set: set)
    }

    private func wrapped(_ front: String) -> [(String, [Int])] { own.map { (front + $0.0, $0.1) } }

    @Test(arguments: [
        "", "module.", "_orig_mod.", "model.", "net.", "backbone.", "encoder.", "module._orig_mod.",
        "_orig_mod.module.",
        "model.module.net._orig_mod.", "student.trunk.body.", "a.b.c.d.e.f.g.h.i.j.", "0.", "features.",
        "_forward_module.model.",
    ])
    func whateverStandsBeforeTheNames(front: String) throws {
        let found = try match(wrapped(front) + [(front + "classifier.3.weight", [3, 2]), ("criterion.weight", [3])])
        #expect(found.prefix == front)
        #expect(found.report.isExact)
        try found.check()
        let state = try found.load()
        #expect(state.names == own.map(\.0))
        for (index, name) in state.names.enumerated() { #expect(state[name]?.elements.first == Float(index)) }
        #expect(found.head.map(\.name) == [front + "classifier.3.weight"])
        #expect(found.extra.map(\.name) == ["criterion.weight"])
        let note = front.isEmpty ? [] : ["every name is read without '\(front)'"]
        #expect(found.notes == note + ["not the model's, left out: criterion.weight (3)"])
        #expect(
            found.headNote == "the head that the file was saved with is not used: \(front)classifier.3.weight (3x2)")
    }

    @Test(arguments: ["module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"])
    func wrappersInsideOfNames(word: String) throws {
        let tensors = own.map { (name, shape) in
            (
                "net."
                    + name.split(separator: ".").joined(separator: ".\(word).").replacing(
                        ".\(word).weight", with: ".weight"), shape
            )
        }
        let found = try match(tensors)
        try found.check()
        #expect(found.prefix == "net.")
        #expect(found.notes.contains("left out inside of names: '\(word).'"))
    }

    @Test func theFamilysOtherNames() throws {
        let found = try match(wrapped("model.").map { ($0.0.replacing("features", with: "blocks"), $0.1) })
        try found.check()
        #expect(found.prefix == "model.")
        #expect(try found.load().names == own.map(\.0))
    }

    @Test func theNamesWithoutTheirFirstWord() throws {
        let found = try match(own.map { (String($0.0.dropFirst("features.".count)), $0.1) })
        try found.check()
        #expect(try found.load().names == own.map(\.0))
    }

    @Test(
        arguments: [
            [("fc.1.weight", [5, 2]), ("fc.1.bias", [5])], [("fc.0.weight", [7, 2]), ("fc.2.weight", [5, 7])],
            [("classifier.3.weight", [5, 9]), ("classifier.3.bias", [5])], [("head.weight", [5, 2])],
        ] as [[(String, [Int])]])
    func theSavedHeadIsNoMatter(head: [(String, [Int])]) throws {
        let found = try match(own + head)
        try found.check()
        #expect(found.head.map(\.name) == head.map(\.0))
        #expect(found.notes == [])
        #expect(found.headNote?.contains(head[0].0) == true)
    }

    @Test func thePublishedHeadIsNoSurprise() throws {
        let found = try match(own + [("classifier.1.weight", [1000, 1280]), ("classifier.1.bias", [1000])])
        try found.check()
        #expect(found.head.count == 2)
        #expect(found.headNote == nil)
    }

    /// A larger network of the family has all the names, and more.
    @Test func layersBesideTheModelsOwnAreAnotherNetwork() throws {
        let found = try match(
            wrapped("module.") + [("module.features.conv2.weight", [2, 2, 3, 3]), ("n_averaged", [])])
        #expect(found.report.unexpected == ["module.features.conv2.weight"])
        #expect(
            line(in: scratch) { try found.check() }
                == "f.safetensors: the weights do not fit the model: expected 5 tensors, found 1 unexpected "
                + "(module.features.conv2.weight)")
        try found.check(isPartial: true)
    }

    @Test func whatIsMissingIsNamed() throws {
        let found = try match(Array(wrapped("module.").dropLast()) + [("extra", [1])])
        #expect(
            line(in: scratch) { try found.check(remedy: "go on") }
                == "f.safetensors: the weights do not fit the model: expected 5 tensors, found 1 missing "
                + "(features.norm.running_var), 1 unexpected (extra); go on")
        try found.check(isPartial: true)
        #expect(try found.load().count == 4)
    }

    @Test func noneOfAllIsAnError() throws {
        let found = try match([("layer.weight", [3]), ("features.conv.weight", [9, 9])])
        #expect(
            line(in: scratch) { try found.check(isPartial: true) }
                == "f.safetensors: none of the file's tensors fits the model: expected some of 5 tensors, found 0 of 2, the "
                + "first of them layer.weight; is it another network's file?")
    }

    @Test func anAverageBesideTheWeights() throws {
        let tensors = wrapped("model_ema.") + wrapped("model.")
        let plain = try match(tensors)
        #expect(plain.prefix == "model.")
        #expect(
            plain.notes.prefix(2) == [
                "every name is read without 'model.'",
                "other weights in the file fit too: 'model_ema'; --weights NAME chooses, or weights.set of a configuration",
            ])
        for choice in ["ema", "model_ema", "averaged"] {
            #expect(try match(tensors, set: choice).prefix == "model_ema.")
        }
        #expect(
            line(in: scratch) { _ = try match(tensors, set: "emma") }
                == "f.safetensors: the file has no weights 'emma': expected one of: model_ema, model")
        // PyTorch's AveragedModel.
        let averaged = wrapped("swa.module.") + [("swa.n_averaged", [])] + wrapped("net.")
        #expect(try match(averaged).prefix == "net.")
        #expect(try match(averaged, set: "ema").prefix == "swa.module.")
        let alone = try match(wrapped("module.") + [("n_averaged", [])])
        #expect(alone.prefix == "module.")
        #expect(alone.extra.map(\.name) == ["n_averaged"])
    }

    @Test func severalThatCannotBeToldApart() throws {
        let tensors = wrapped("generator.") + wrapped("discriminator.")
        #expect(
            line(in: scratch) { _ = try match(tensors) }
                == "f.safetensors: several sets of weights in the file fit the model: found generator, discriminator; "
                + "name one: --weights NAME, or weights.set of a configuration")
        #expect(try match(tensors, set: "discriminator").prefix == "discriminator.")
        // One inside of another's loss is deeper.
        #expect(try match(wrapped("loss.net.") + wrapped("net.")).prefix == "net.")
    }

    @Test func setsOfACheckpoint() throws {
        let net = try Self.parameters(of: "trainers/net.npz")
        let backbone = Small(classifierPath: "classifier.1")
        func match(_ name: String, _ set: String? = nil) throws -> CheckpointMatch {
            let file = try CheckpointTests.open("trainers/" + name)
            let match = try CheckpointMatch(file, for: net, of: backbone, set: set)
            try match.check()
            return match
        }
        func equals(_ match: CheckpointMatch, _ golden: String) throws -> Bool {
            let golden = try CheckpointTests.open(golden).load()
            let found = try match.load()
            return net.allSatisfy { found[$0.name] == golden[$0.name] }
        }
        for name in ["timm.pth", "torchvision.pth", "nested.pth", "flat.pth", "averaged.pth", "script.pt"] {
            #expect(try equals(try match(name), "trainers/net.npz"), "\(name)")
        }
        for name in ["timm.pth", "torchvision.pth", "nested.pth"] {
            #expect(try equals(try match(name, "ema"), "trainers/average.npz"), "\(name)")
        }
        #expect(try match("torchvision.pth", "ema").file.set?.name == "model_ema")
        #expect(try match("torchvision.pth", "ema").prefix == "module.")
        #expect(throws: GraftError.self) { try match("two.pth") }
        #expect(try equals(try match("two.pth", "discriminator"), "trainers/average.npz"))
        #expect(throws: GraftError.self) { try match("timm.pth", "swa") }
    }

    /// The names of a file as if a model had them, without those of its head.
    private static func parameters(of name: String) throws -> [Parameter] {
        var builder = GraphBuilder(inputShape: [8, 8, 3])
        let layers: [any Layer] = [
            Sequential {
                Conv(2, kernel: 3, bias: true).named("0")
                Norm().named("1")
            }.named("features")
        ]
        let output = try Sequential(layers).build(builder.input, in: &builder)
        builder.endStage("features", at: output)
        return try builder.graph(output: output).parameters
    }
}
