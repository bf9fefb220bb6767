import Exchange
import Foundation
import Testing
import Weights
import Zoo

/// What goes out comes back, to the last bit of the file.
@Suite struct RoundTripTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    @Test(arguments: ["pth", "safetensors", "npz"])
    func aWholeModel(ending: String) throws {
        try desk.writeTuned(to: "model.npz")
        try desk.open("model.npz").write(to: desk.file("out.\(ending)"))
        let file = try WeightFile(path: desk.file("out.\(ending)"))
        try PortableModel(importing: file, backbone: nil, classes: nil, registry: desk.registry)
            .write(to: desk.file("back.npz"))
        #expect(try desk.bytes("back.npz") == desk.bytes("model.npz"))
        // Not only the same file, but the file of what was written first.
        let (tensors, metadata) = try desk.tuned()
        let back = try WeightFile(path: desk.file("back.npz"))
        #expect(try back.load() == tensors)
        let found = try #require(back.metadata)
        #expect(found.seed == 9_007_199_254_740_993)
        // A line feed never reaches a terminal: it is read as it is shown.
        #expect(found.classes == metadata.classes.map(\.shownIfNeeded))
        #expect(found.preprocessing == metadata.preprocessing)
        #expect(found.base == metadata.base)
        #expect(found.edits == metadata.edits)
        #expect(found.probe != nil)
    }

    @Test(arguments: ["pth", "safetensors", "npz"])
    func aHeadAndItsBase(ending: String) throws {
        try desk.writeTuned(to: "model.npz")
        let written = try desk.open("model.npz").write(to: desk.file("head.\(ending)"), headOnly: true)
        #expect(written.headOf?.name == "tiny/made")
        let head = try WeightFile(path: desk.file("head.\(ending)"))
        #expect(
            head.entries.map(\.name) == ["head.0.weight", "head.0.bias", "classifier.weight", "classifier.bias"])
        #expect(head.metadata?.headOf == written.headOf)
        try PortableModel(head: head, base: "tiny", registry: desk.registry).write(to: desk.file("back.npz"))
        #expect(try desk.bytes("back.npz") == desk.bytes("model.npz"))
        // Another model of the same backbone is a base as good.
        try PortableModel(head: head, base: desk.file("model.npz"), registry: desk.registry)
            .write(to: desk.file("again.npz"))
        #expect(try desk.bytes("again.npz") == desk.bytes("model.npz"))
    }

    @Test func aPretrainedNameIsAModelToo() throws {
        try PortableModel("tiny/made", registry: desk.registry).write(to: desk.file("made.pth"))
        let model = try desk.open("made.pth")
        #expect(model.metadata.classes == ["one", "two", "three"])
        #expect(try SelfTest(model).passed)
    }

    @Test func writingIsRefusedWhereTheFormatCannotDoIt() throws {
        let model = try PortableModel("tiny", registry: desk.registry)
        #expect(
            desk.line { try model.write(to: desk.file("model.h5")) }
                == "model.h5: cannot tell the format to write: "
                + "expected a name that ends in .npz, .safetensors, .pth or .onnx")
        #expect(
            desk.line { try model.write(to: desk.file("model.pt"), storage: .float16) }
                == "model.pt: cannot keep this format's values in float16: expected .npz or .safetensors")
        #expect(
            desk.line { try model.write(to: desk.file("model.onnx"), headOnly: true) }
                == "model.onnx: an ONNX file is a whole network, not a head: expected .npz, .safetensors or .pth")
        #expect(try FileManager.default.contentsOfDirectory(atPath: desk.path).isEmpty)
    }
}
