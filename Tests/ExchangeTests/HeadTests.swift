import Exchange
import Testing
import Weights
import Zoo

/// A head fits the tensors that it was trained on, and no others.
@Suite struct HeadTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    private func head() throws -> WeightFile {
        try desk.writeTuned(to: "model.npz")
        try desk.open("model.npz").write(to: desk.file("head.npz"), headOnly: true)
        return try WeightFile(path: desk.file("head.npz"))
    }

    @Test func anotherBackboneIsRefusedByName() throws {
        let head = try head()
        let hash = try #require(head.metadata?.headOf?.sha256)
        #expect(
            desk.line { _ = try PortableModel(head: head, base: "tiny_too", registry: desk.registry) }
                == "head.npz: the head was trained on another base: expected tiny/made (SHA-256 \(hash)), "
                + "found tiny_too/made; name the base that the head was exported with")
    }

    @Test func oneOtherBitIsRefusedByHash() throws {
        let head = try head()
        let hash = try #require(head.metadata?.headOf?.sha256)
        var tensors = try WeightFile(path: desk.file("model.npz")).load()
        var norm = try #require(tensors["features.norm.running_var"])
        norm.withElements { $0[3] = $0[3].nextUp }
        tensors["features.norm.running_var"] = norm
        try TorchCheckpoint.write(tensors, to: desk.file("other.pth"))
        let line = desk.line {
            _ = try PortableModel(head: head, base: desk.file("other.pth"), registry: desk.registry)
        }
        #expect(line.hasPrefix("head.npz: the head was trained on another base: expected tiny/made (SHA-256 \(hash)), "))
        #expect(line.contains("found other.pth (SHA-256 "))
    }

    @Test func aBackboneThatWasTrainedOnIsNamedAfterTheModel() throws {
        var (tensors, metadata) = try desk.tuned()
        var bias = try #require(tensors["features.norm.bias"])
        bias.withElements { $0[0] += 1 }
        tensors["features.norm.bias"] = bias
        metadata.probe = nil
        try NPZ.write(tensors, metadata: metadata, to: desk.file("finetuned.npz"))
        let written = try desk.open("finetuned.npz").write(to: desk.file("head.npz"), headOnly: true)
        #expect(written.headOf?.name == "finetuned.npz")
        let head = try WeightFile(path: desk.file("head.npz"))
        let joined = try PortableModel(head: head, base: desk.file("finetuned.npz"), registry: desk.registry)
        #expect(joined.tensors == tensors)
        #expect(joined.metadata.base?.name == "tiny/made")
    }

    @Test func aHeadIsNoModelAndAModelNoHead() throws {
        let head = try head()
        #expect(
            desk.line { _ = try desk.open("head.npz") }
                == "head.npz: the file holds a head alone: expected a whole model; "
                + "join it with its base: graft import head.npz model.npz --base tiny/made")
        #expect(head.metadata != nil)
        let model = try WeightFile(path: desk.file("model.npz"))
        #expect(
            desk.line { _ = try PortableModel(head: model, base: "tiny", registry: desk.registry) }
                == "model.npz: the file is no head alone: expected a file of graft export --head-only; "
                + "leave out --base")
    }

    @Test func aHeadInHalfPrecisionStillFitsItsBase() throws {
        try desk.writeTuned(to: "model.npz")
        let written = try desk.open("model.npz")
            .write(to: desk.file("half.npz"), headOnly: true, storage: .float16)
        #expect(written.headOf?.name == "tiny/made")
        let head = try WeightFile(path: desk.file("half.npz"))
        #expect(head.entries.first { $0.name == "classifier.weight" }?.dtype == .float16)
        #expect(head.entries.first { $0.name == "classifier.bias" }?.dtype == .float32)
        let joined = try PortableModel(head: head, base: "tiny", registry: desk.registry)
        #expect(try SelfTest(joined).greatestDifference == 0)
        let (tensors, _) = try desk.tuned()
        #expect(joined.tensors["features.conv.weight"] == tensors["features.conv.weight"])
        #expect(joined.tensors["classifier.weight"] != tensors["classifier.weight"])
    }
}
