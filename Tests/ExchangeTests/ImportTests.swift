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
                == "bad.safetensors: classes: the class names cannot be read: expected a JSON list of texts, found 'a, b'")
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
