import TestSupport
import Testing
import Weights
import Zoo

/// Values kept in 16 bits, and descriptions kept beside other formats' tensors.
@Suite struct StorageTests {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func written(_ values: [Float], _ name: String = "half.npz") throws -> [Float] {
        var state = StateDict()
        state["weight"] = try Tensor(shape: [values.count, 1], elements: values)
        state["bias"] = try Tensor(shape: [values.count], elements: values)
        if name.hasSuffix(".npz") {
            try NPZ.write(state, storage: .float16, to: scratch.file(name))
        } else {
            try Safetensors.write(state, storage: .float16, to: scratch.file(name))
        }
        let file = try WeightFile(path: scratch.file(name))
        #expect(file.entries.map(\.dtype) == [.float16, .float32])
        let found = try file.load()
        #expect(found["bias"]?.elements == values)
        return found["weight"]?.elements ?? []
    }

    /// NumPy's halves, every seventh of all there are, and what lies between two of them.
    @Test(arguments: ["half.npz", "half.safetensors"])
    func everyValueGoesToTheNearest(name: String) throws {
        let halves = try #require(
            try WeightFile(path: Fixtures.path("weights/halves.npz")).load()["half"]
        ).elements
        #expect(try written(halves, name).map(\.bitPattern) == halves.map(\.bitPattern))
        // A unit in the last place: 2^-10 of the power of two below, never less than 2^-24.
        func ulp(_ value: Float) -> Float {
            max(0x1p-24, Float(sign: .plus, exponent: value.exponent, significand: 0x1p-10))
        }
        let positive = halves.filter { $0 > 0 && $0 < 65504 }
        let isEven = positive.map { ($0 / ulp($0)).truncatingRemainder(dividingBy: 2) == 0 }
        let middles = positive.map { $0 + ulp($0) / 2 }
        #expect(
            try written(middles, name)
                == zip(positive, isEven).map { value, isEven in isEven ? value : value + ulp(value) })
        #expect(try written(middles.map(\.nextDown), name) == positive)
        #expect(try written(middles.map(\.nextUp), name) == positive.map { $0 + ulp($0) })
        #expect(try written(middles.map { -$0.nextUp }, name) == positive.map { -($0 + ulp($0)) })
    }

    @Test func theSmallestAndTheLargest() throws {
        #expect(
            try written([0, 0x1p-25, Float(0x1p-25).nextUp, 65519, -65519, 1e-30])
                == [0, 0, 0x1p-24, 65504, -65504, 0])
        #expect(
            line(in: scratch) { _ = try written([1, -65520]) }
                == "half.npz: weight: the tensor has a value that float16 cannot hold: expected at most 65504, "
                + "found -65520.0 at index 1; nothing was written; keep it in float32")
        #expect(
            line(in: scratch) { _ = try written([1, 1e9], "half.safetensors") }
                == "half.safetensors: weight: the tensor has a value that float16 cannot hold: expected at most 65504, "
                + "found 1e+09 at index 1; nothing was written; keep it in float32")
    }

    @Test(arguments: ["model.pth", "model.safetensors"])
    func aDescriptionTravelsWithTheTensors(name: String) throws {
        let metadata = ModelMetadata(
            backbone: "b", pooling: "avg", head: .init(kind: "linear"), classes: ["ü", "\"q\""],
            preprocessing: .imageNet(resize: 256, crop: 224, interpolation: .bicubic), licence: "MIT", source: "a test",
            seed: 9_007_199_254_740_993)
        var state = StateDict()
        state["w"] = try Tensor(shape: [2], elements: [1, 2])
        if name.hasSuffix("pth") {
            try TorchCheckpoint.write(state, metadata: metadata, to: scratch.file(name))
        } else {
            try Safetensors.write(state, model: metadata, to: scratch.file(name))
        }
        let file = try WeightFile(path: scratch.file(name))
        #expect(file.metadata == metadata)
        #expect(try file.classes() == ["ü", "\"q\""])
        #expect(try file.load() == state)
        #expect(file.notes == [])
    }

    /// Weights of 8 bits come back as the numbers that they were, in a quarter of the space; others are kept as they are.
    @Test func weightsOfEightBits() throws {
        var metadata = ModelMetadata(
            backbone: "b", pooling: "avg", head: .init(kind: "linear"), classes: ["a"],
            preprocessing: .imageNet(resize: 256, crop: 224, interpolation: .bicubic), licence: "MIT", source: "a test")
        metadata.quantization = Quantization(
            ranges: ["input": ByteRange(from: -1, to: 1)], floatLayers: ["x"],
            evidence: .init(calibrated: 3, judged: 2, agreeing: 1))
        var state = StateDict()
        // Steps of 17 binary digits, so that every multiple is a float32 number; one channel is dead.
        let steps: [Float] = [0.25, 0, Float(bitPattern: 0x3c12_3480)]
        let whole = (0..<3 * 130).map { $0 % 130 == 7 ? -127 : ($0 * 89 % 255) - 127 }
        state["on"] = try Tensor(
            shape: [3, 13, 5, 2], elements: whole.enumerated().map { Float($1) * steps[$0 / 130] + 0 })
        state["off"] = try Tensor(shape: [2, 2], elements: [1, 0.3, -127, 0.5])
        state["bias"] = try Tensor(shape: [3], elements: [1, 2, 127])
        try NPZ.write(state, metadata: metadata, to: scratch.file("int8.npz"), level: 0)
        let file = try WeightFile(path: scratch.file("int8.npz"))
        #expect(file.metadata?.quantization == metadata.quantization)
        #expect(file.entries.map(\.name) == ["on", "off", "bias"])
        #expect(file.entries.map(\.dtype) == [.int8, .float32, .float32])
        #expect(try file.load() == state)
        #expect(file.metadata?.weightsSHA256 == state.weightsSHA256)
        metadata.quantization = nil
        try NPZ.write(state, metadata: metadata, to: scratch.file("float.npz"), level: 0)
        #expect(try WeightFile(path: scratch.file("float.npz")).entries.allSatisfy { $0.dtype == .float32 })
    }

    @Test func twoListsOfClassesMustAgree() throws {
        let metadata = ModelMetadata(
            backbone: "b", pooling: "avg", head: .init(kind: "linear"), classes: ["a"],
            preprocessing: .imageNet(resize: 256, crop: 224, interpolation: .bicubic), licence: "MIT", source: "a test")
        var texts = try metadata.texts(file: "x")
        #expect(texts["classes"] == "[\"a\"]")
        #expect(texts.keys.sorted() == ["classes", "graft.json", "preprocessing"])
        texts["classes"] = "[\"b\"]"
        let changed = texts
        try Safetensors.write(StateDict(), metadata: changed, to: scratch.file("x.safetensors"))
        #expect(
            line(in: scratch) { _ = try WeightFile(path: scratch.file("x.safetensors")) }
                == "x.safetensors: __metadata__: 'classes' and 'graft.json' name different classes; "
                + "change both, or remove 'graft.json'")
    }
}
