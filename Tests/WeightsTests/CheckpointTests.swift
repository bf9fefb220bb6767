import Testing
import TestSupport
import Weights
import Zoo

/// Checkpoints that PyTorch wrote, against the values that PyTorch says they have, bit for bit.
@Suite struct CheckpointTests {
    /// `Tests/Fixtures/checkpoints/NAME`.
    static func open(_ name: String) throws -> WeightFile {
        try WeightFile(path: Fixtures.path("checkpoints/" + name))
    }

    static func expectEqual(_ name: String, _ golden: String) throws {
        let found = try open(name).load()
        let expected = try open(golden).load()
        #expect(found.names == expected.names)
        for tensor in expected.names {
            #expect(found[tensor]?.shape == expected[tensor]?.shape, "\(tensor)")
            #expect(
                found[tensor]?.elements.map(\.bitPattern) == expected[tensor]?.elements.map(\.bitPattern), "\(tensor)")
        }
    }

    @Test(arguments: [
        ("zip.pth", WeightFile.Format.torchZip), ("legacy.pth", .torchLegacy), ("protocol4.pth", .torchZip),
    ])
    func everyTypeAndLayout(name: String, format: WeightFile.Format) throws {
        #expect(try Self.open(name).format == format)
        try Self.expectEqual(name, "values.npz")
    }

    @Test func typesAreStated() throws {
        let entries = try Self.open("zip.pth").entries
        let types = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.dtype) })
        for type in [DType.float64, .float16, .bfloat16, .int64, .int32, .int16, .int8, .uint8, .bool] {
            #expect(types[type.rawValue] == type)
        }
        #expect(entries.first { $0.name == "transposed" }?.shape == [7, 5])
        #expect(entries.first { $0.name == "float16" }?.byteCount == 18)
    }

    @Test(arguments: ["training.pth", "training_legacy.pth"])
    func tensorsAmongOtherThings(name: String) throws {
        try Self.expectEqual(name, "training_values.npz")
        #expect(try Self.open(name).notes == ["the tensors are those under 'state_dict'"])
    }

    @Test func tensorsTwoLevelsDown() throws {
        try Self.expectEqual("nested.pth", "training_values.npz")
        #expect(try Self.open("nested.pth").notes == ["the tensors are those under 'model.params'"])
    }

    @Test func parameters() throws {
        let state = try Self.open("parameters.pth").load()
        let golden = try Self.open("training_values.npz").load()
        #expect(state.names == ["0.weight", "0.bias", "1.weight", "1.bias", "3.weight", "3.bias"])
        for name in state.names { #expect(state[name] == golden["module." + name]) }
    }

    @Test func renaming() throws {
        let state = try Self.open("training.pth").load { $0.hasSuffix("bias") ? String($0.dropFirst(7)) : nil }
        #expect(state.names == ["0.bias", "1.bias", "3.bias"])
    }

    /// An object, a set and a program are no obstacle; several sets of which none stands out are taken together.
    @Test(arguments: [
        ("numpy.pth", ["weight"]), ("set.pth", ["weight"]), ("script.pt", ["weight", "bias"]),
        (
            "two.pth",
            ["generator", "discriminator"].flatMap { set in
                [
                    "0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var",
                    "1.num_batches_tracked",
                    "3.weight", "3.bias",
                ].map { "\(set).\($0)" }
            }
        ),
    ])
    func read(name: String, names: [String]) throws {
        #expect(try Self.open(name).load().names == names)
    }

    /// Every one refused in one line, word for word, and nothing run.
    @Test(arguments: [
        (
            "evil.pth",
            "evil/data.pkl, byte 177: the pickle asks for 'posix.system', which building tensors does not need; "
                + "nothing was executed; save the tensors alone: torch.save(model.state_dict(), FILE)"
        ),
        (
            "evil_legacy.pth",
            "object, byte 191: the pickle asks for 'posix.system', which building tensors does not need; "
                + "nothing was executed; save the tensors alone: torch.save(model.state_dict(), FILE)"
        ),
        (
            "module.pth",
            "the checkpoint does not hold named tensors: expected a dict of names and tensors, found an object of "
                + "'torch.nn.modules.container.Sequential', which is never built; save them with "
                + "torch.save(model.state_dict(), FILE)"
        ),
        (
            "no_tensors.pth",
            "the checkpoint does not hold tensors: expected a dict of names and tensors, found a dict of 'epoch', "
                + "'history'; save one with torch.save(model.state_dict(), FILE)"
        ),
        (
            "list.pth",
            "the checkpoint does not hold named tensors: expected a dict of names and tensors, found a list; save them "
                + "with torch.save(model.state_dict(), FILE)"
        ),
    ])
    func refused(name: String, text: String) throws {
        let error = try #require(throws: GraftError.self) { try Self.open(name) }
        #expect(error.description == Fixtures.path("checkpoints/" + name) + ": " + text)
    }

    @Test(arguments: [
        ("nan.pth", "weight: the tensor has a value that is not finite: found nan at index 1"),
        ("too_large.pth", "weight: the tensor has a value that float32 cannot hold: found 1e+300 (float64) at index 1"),
    ])
    func values(name: String, text: String) throws {
        let file = try Self.open(name)
        let error = try #require(throws: GraftError.self) { try file.load() }
        #expect(error.description == Fixtures.path("checkpoints/" + name) + ": " + text)
    }
}
