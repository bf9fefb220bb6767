import TestSupport
import Testing
import Weights
import Zoo

/// Checkpoints as training programs leave them: beside the tensors are values of every kind, and several sets of weights.
/// Values are compared with PyTorch's, bit for bit.
@Suite struct TrainerCheckpointTests {
    private static func open(_ name: String) throws -> WeightFile {
        try CheckpointTests.open("trainers/" + name)
    }

    private static func expectEqual(_ found: StateDict, _ golden: String, only names: Set<String>? = nil) throws {
        let expected = try open(golden).load()
        for name in expected.names where names?.contains(name) ?? true {
            #expect(found[name]?.shape == expected[name]?.shape, "\(name)")
            #expect(found[name]?.elements.map(\.bitPattern) == expected[name]?.elements.map(\.bitPattern), "\(name)")
        }
    }

    @Test(arguments: ["inert.pth", "inert_legacy.pth", "inert3.pth", "inert4.pth", "inert5.pth"])
    func whatPyTorchTakesIsPassedOver(name: String) throws {
        let file = try Self.open(name)
        #expect(file.entries.map(\.name) == ["weight"])
        #expect(file.set?.name == "state_dict")
        #expect(file.opaque == [])
        try Self.expectEqual(try file.load(), "weight.npz")
    }

    @Test(arguments: ["opaque.pth", "opaque_legacy.pth", "opaque3.pth", "opaque4.pth", "opaque5.pth"])
    func whatPyTorchRefusesIsNeverBuiltAndListed(name: String) throws {
        let file = try Self.open(name)
        try Self.expectEqual(try file.load(), "weight.npz")
        let found = Dictionary(grouping: file.opaque, by: \.path).mapValues { $0.map(\.type) }
        #expect(found["args"] == ["argparse.Namespace"])
        #expect(found["path"] == ["pathlib.PurePosixPath"])
        #expect(found["best"] == ["numpy._core.multiarray.scalar"])
        #expect(found["history.…"] == ["numpy._core.multiarray.scalar"])
        // By protocol 5, NumPy names another function.
        #expect(found["history.….confusion"]?.first?.hasPrefix("numpy._core.") == true)
        #expect(found["when"] == ["datetime.datetime"])
        #expect(found["split"] == ["__main__.Split"])
        #expect(found["config"] == ["__main__.Config"])
        #expect(found["frozen"] == nil)
        #expect(found["default"] == nil)
    }

    @Test func typesOfNumbers() throws {
        for (name, golden) in [
            ("types.pth", "types.npz"), ("bytes.pth", "bytes.npz"), ("subclass.pth", "subclass.npz"),
        ] {
            let file = try Self.open(name)
            try Self.expectEqual(try file.load(), golden)
        }
        let types = try Self.open("types.pth").entries.map(\.dtype.rawValue)
        #expect(
            types.prefix(5) == ["float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"])
    }

    @Test func orderOfBytes() throws {
        try Self.expectEqual(try Self.open("little.pth").load(), "little.npz")
        try Self.expectEqual(try Self.open("big.pth").load(), "little.npz")
        let arrays = try Self.open("arrays.npz").load()
        let ramp = (0..<12).map { Float($0 - 6) }
        for name in arrays.names {
            let expected = name.hasPrefix("u") ? ramp.map(abs) : ramp
            if name == "fortran8" {
                #expect(arrays[name] == (try Tensor(shape: [2, 3], elements: [-6, -4, -2, 0, 2, 4])))
            } else {
                #expect(arrays[name] == (try Tensor(shape: [2, 3, 2], elements: expected)), "\(name)")
            }
        }
    }

    @Test(arguments: [
        ("quantized", "a quantised tensor"), ("sparse", "a sparse tensor"), ("complex", "a tensor of complex64"),
        ("negated", "a tensor whose values are to be negated or conjugated"),
        ("meta", "a tensor without values (meta)"),
    ])
    func tensorsThatAreNotRead(name: String, kind: String) throws {
        let file = try Self.open(name + ".pth")
        #expect(file.refused == [RefusedTensor(name: name, kind: kind)])
        #expect(try file.load { $0 == "one" ? $0 : nil }["one"]?.elements == [1, 1])
        let error = try #require(throws: GraftError.self) { try file.load() }
        #expect(
            error.description == Fixtures.path("checkpoints/trainers/\(name).pth")
                + ": \(name): \(kind), which is not read; "
                + "save it as plain numbers: tensor.dequantize(), .to_dense() or .float()")
    }

    @Test(arguments: [
        ("timm.pth", "state_dict", ["state_dict", "state_dict_ema"]),
        ("torchvision.pth", "model", ["model", "model_ema"]),
        ("nested.pth", "model.net", ["", "ema.module", "model.net"]), ("flat.pth", "", [""]),
    ])
    func theModelsOwnWeightsAreTaken(name: String, set: String, sets: [String]) throws {
        let file = try Self.open(name)
        #expect(file.set?.name == set)
        #expect(Set(file.sets.map(\.name)) == Set(sets))
        try Self.expectEqual(try file.load { $0 == "torch_rng" ? nil : $0 }, "net.npz")
    }

    @Test func anotherSetMayBeChosen() throws {
        let file = try Self.open("timm.pth")
        #expect(
            file.notes == [
                "the tensors are those under 'state_dict'",
                "other weights in the file: 'state_dict_ema'; --weights NAME chooses, or weights.set of a configuration",
            ])
        try Self.expectEqual(try file.choosing("state_dict_ema").load(), "average.npz")
        #expect(throws: GraftError.self) { try file.choosing("ema") }
    }

    @Test func setsOfWhichNoneStandsOutAreTakenTogether() throws {
        let file = try Self.open("two.pth")
        #expect(file.set == nil)
        #expect(file.entries.count == 2 * (try Self.open("net.npz").entries.count))
        #expect(file.notes == ["several sets of tensors, taken together: 'generator', 'discriminator'"])
        let state = try file.load()
        try Self.expectEqual(
            state.renamed { $0.hasPrefix("generator.") ? String($0.dropFirst(10)) : nil }, "net.npz")
    }

    @Test(arguments: ["script.pt", "traced.pt"]) func programs(name: String) throws {
        let file = try Self.open(name)
        #expect(file.format == .torchZip)
        #expect(Set(file.entries.map(\.name)) == Set(try Self.open("net.npz").entries.map(\.name)))
        try Self.expectEqual(try file.load(), "net.npz")
    }

    @Test func aFrozenProgramHasNoNames() throws {
        let error = try #require(throws: GraftError.self) { try Self.open("frozen.pt") }
        #expect(
            error.description == Fixtures.path("checkpoints/trainers/frozen.pt")
                + ": the TorchScript program has no parameters with names: expected modules with parameters, which a frozen "
                + "program has no more; save the tensors: torch.save(model.state_dict(), FILE)")
    }
}
