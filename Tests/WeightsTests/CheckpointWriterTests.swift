import Testing
import TestSupport
import Weights
import Zoo

/// Files that Graft writes for others. `make.py` beside the fixtures opens the same bytes with PyTorch and safetensors.
@Suite struct CheckpointWriterTests {
    private static func state() throws -> StateDict {
        var state = StateDict()
        state["features.0.weight"] = try Tensor(shape: [2, 1, 1, 3], elements: [1, -2, 0.5, 1e-30, 3e38, -0.0])
        state["ü"] = try Tensor(shape: [], elements: [7])
        state["none"] = try Tensor(shape: [0, 4], elements: [])
        state["classifier.1.bias"] = try Tensor(shape: [3], elements: [0.1, 0.2, 0.3])
        return state
    }

    @Test func torchCheckpoint() throws {
        let directory = try ScratchDirectory()
        let state = try Self.state()
        try TorchCheckpoint.write(state, to: directory.file("out.pth"))
        let file = try WeightFile(path: directory.file("out.pth"))
        #expect(file.format == .torchZip)
        #expect(file.notes == [])
        #expect(try file.load() == state)
        #expect(
            try readBytes(directory.file("out.pth")) == readBytes(Fixtures.path("checkpoints/written.pth")),
            "make.py checks the fixture with torch.load")
        let archive = try ZipArchive(MappedFile(path: directory.file("out.pth")))
        #expect(
            archive.entries.map(\.name)
                == ["data.pkl", "byteorder", "data/0", "data/1", "data/2", "data/3", "version"]
                .map { "archive/" + $0 })
        for entry in archive.entries { #expect(entry.dataOffset % 64 == 0, "\(entry.name)") }
    }

    @Test func safetensors() throws {
        let directory = try ScratchDirectory()
        let state = try Self.state()
        try Safetensors.write(
            state, metadata: ["format": "pt", "note": "a \"quoted\"\\\n"], to: directory.file("out.safetensors"))
        let file = try WeightFile(path: directory.file("out.safetensors"))
        #expect(file.format == .safetensors)
        #expect(try file.load() == state)
        #expect(
            try readBytes(directory.file("out.safetensors"))
                == readBytes(Fixtures.path("checkpoints/written.safetensors")),
            "make.py checks the fixture with safetensors")
    }

    @Test func nothingIsWrittenOfWeightsThatAreNotFinite() throws {
        let directory = try ScratchDirectory()
        var state = try Self.state()
        state["bad"] = try Tensor(shape: [2], elements: [0, .infinity])
        let weights = state
        #expect(
            line(in: directory) { try TorchCheckpoint.write(weights, to: directory.file("out.pth")) }
                == "out.pth: bad: the tensor has a value that is not finite: found inf at index 1; nothing was written")
        #expect(
            line(in: directory) { try Safetensors.write(weights, to: directory.file("out.safetensors")) }
                == "out.safetensors: bad: the tensor has a value that is not finite: found inf at index 1; "
                + "nothing was written")
        #expect(try directory.content == [])
    }
}
