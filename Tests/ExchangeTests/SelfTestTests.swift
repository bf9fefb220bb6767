import Exchange
import Testing
import Weights
import Zoo

@Suite struct SelfTestTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    /// The same numbers as by the rule in Python.
    @Test func thePictureFollowsTheRule() {
        let plain = Preprocessing(resize: 32, crop: 32, interpolation: .bilinear, mean: [0, 0, 0], std: [1, 1, 1])
        func bytes(_ tensor: Tensor) -> [Int] { tensor.elements.map { Int(($0 * 255).rounded()) } }
        let first = Probe.input(for: plain)
        #expect(first.shape == [1, 32, 32, 3])
        #expect(Array(bytes(first)[..<12]) == [226, 110, 6, 248, 27, 83, 44, 197, 62, 243, 101, 194])
        #expect(Array(bytes(Probe.input(for: plain, number: 1))[..<6]) == [91, 119, 31, 3, 169, 222])
        let shifted = Preprocessing(
            resize: 32, crop: 32, interpolation: .bilinear, mean: [0.5, 0.25, 0], std: [0.5, 2, 4])
        let values = Probe.input(for: shifted).elements
        for index in 0..<12 {
            let value = Float(bytes(first)[index]) / 255
            #expect(values[index] == (value - shifted.mean[index % 3]) / shifted.std[index % 3])
        }
    }

    @Test func aModelPassesWhereItWasWritten() throws {
        try desk.writeTuned(to: "model.npz")
        let test = try SelfTest(try desk.open("model.npz"), threads: 1)
        #expect(test.passed)
        #expect(test.greatestDifference == 0)
        #expect(test.logits == 3)
        #expect(test.largestLogit > 0)
        #expect(test.threads == 1)
    }

    @Test func otherNumbersDoNotPass() throws {
        try desk.writeTuned(to: "model.npz")
        let metadata = try #require(try WeightFile(path: desk.file("model.npz")).metadata)
        var (tensors, _) = try desk.tuned()
        var weight = try #require(tensors["features.conv.weight"])
        weight.withElements { $0[0] += 0.05 }
        tensors["features.conv.weight"] = weight
        try NPZ.write(tensors, metadata: metadata, to: desk.file("changed.npz"))
        let test = try SelfTest(try desk.open("changed.npz"))
        #expect(!test.passed)
        #expect(test.relativeDifference > SelfTest.tolerance)
        #expect(test.relativeDifference == test.greatestDifference / test.largestLogit)
    }

    @Test func aModelWithoutAProbeSaysSo() throws {
        let (tensors, metadata) = try desk.tuned()
        try NPZ.write(tensors, metadata: metadata, to: desk.file("old.npz"))
        #expect(
            desk.line { _ = try SelfTest(try desk.open("old.npz")) }
                == "old.npz: the model carries no probe to test it by; "
                + "write it again where it is known to be right: graft export old.npz OUT.npz")
        var other = metadata
        other.probe = ["input": .string("zebra"), "logits": .list([])]
        try NPZ.write(tensors, metadata: other, to: desk.file("new.npz"))
        #expect(
            desk.line { _ = try SelfTest(try desk.open("new.npz")) }
                == "new.npz: the model's probe is of a kind that this version does not know: "
                + "expected 3 logits of input 'splitmix64', found input 'zebra'")
        other.probe = ["input": .string("splitmix64"), "logits": .list([.number(1), .number(1e300), .null])]
        try NPZ.write(tensors, metadata: other, to: desk.file("null.npz"))
        #expect(
            desk.line { _ = try SelfTest(try desk.open("null.npz")) }
                == "null.npz: the model's probe has a logit that is no number")
    }

    @Test func halfPrecisionIsMeasuredAndGetsAProbeOfItsOwn() throws {
        try desk.writeTuned(to: "model.npz")
        let model = try desk.open("model.npz")
        let written = try model.write(to: desk.file("half.npz"), storage: .float16)
        let loss = try #require(written.loss)
        #expect(loss.pictures == 8)
        #expect(loss.greatestDifference > 0)
        #expect(loss.greatestDifference < 0.01 * loss.largestLogit)
        #expect(loss.sameClass <= 8)
        let half = try desk.open("half.npz")
        #expect(try SelfTest(half).greatestDifference == 0)
        #expect(half.metadata.probe != model.metadata.probe)
        #expect(half.tensors["features.norm.running_var"] == model.tensors["features.norm.running_var"])
        // Rounding twice is rounding once.
        let again = try half.write(to: desk.file("again.npz"), storage: .float16)
        #expect(again.loss?.greatestDifference == 0)
        #expect(try desk.bytes("again.npz") == desk.bytes("half.npz"))
    }
}
