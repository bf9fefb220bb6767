import Foundation
import Testing
import Weights
import Zoo

/// Graft's own files: tensors and `graft.json`.
@Suite struct GraftFileTests {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func weights() throws -> StateDict {
        var state = StateDict()
        state["classifier.1.weight"] = try Tensor(
            shape: [2, 3], elements: [0, -0.0, 1, .leastNonzeroMagnitude, -2.5, 3e38])
        state["classifier.1.bias"] = try Tensor(shape: [2], elements: [0.1, 0.2])
        state["steps"] = try Tensor(shape: [], elements: [7])
        state["zeros"] = Tensor(shape: [40, 50])
        return state
    }

    private func metadata() -> ModelMetadata {
        ModelMetadata(
            backbone: "efficientnet_lite0", pooling: "avg",
            head: .init(kind: "linear", options: ["dropout": .number(0.2), "names": .list([.string("a"), .null])]),
            classes: ["pizza", "stéak \"rare\""],
            preprocessing: .imageNet(resize: 256, crop: 224, interpolation: .bicubic),
            licence: "Apache-2.0", source: "made by a test",
            base: .init(name: "efficientnet_lite0/imagenet1k", sha256: "00"),
            configuration: "head: {kind: linear}\n", seed: 42, metrics: ["correct": .number(68), "total": .number(75)])
    }

    private func write(level: Int = 6) throws -> String {
        let path = scratch.file("m.npz")
        try NPZ.write(weights(), metadata: metadata(), to: path, level: level)
        return path
    }

    private func failure(_ bytes: [UInt8]) -> String {
        line(in: scratch) { _ = try WeightFile(path: scratch.write(bytes, to: "m.npz")).load() }
    }

    /// The members of a well-formed file, to be made wrong.
    private func members() throws -> [RawZip.Member] {
        let archive = try ZipArchive(MappedFile(path: write()), mode: .strict)
        return try archive.entries.map { .init($0.name, try archive.read($0, limit: 1 << 20)) }
    }

    private func failure(_ change: (inout [RawZip.Member]) -> Void) throws -> String {
        var members = try members()
        change(&members)
        return failure(RawZip(members).bytes)
    }

    private func failure(replacing text: String, by other: String) throws -> String {
        try failure {
            $0[0].content = Array(
                String(decoding: $0[0].content, as: UTF8.self).replacingOccurrences(of: text, with: other).utf8)
        }
    }

    @Test(arguments: [0, 1, 6, 9])
    func readsBackWhatItWrites(level: Int) throws {
        let file = try WeightFile(path: write(level: level))
        let weights = try weights()
        let loaded = try file.load()
        #expect(loaded == weights)
        for name in weights.names {
            #expect(loaded[name]?.elements.map(\.bitPattern) == weights[name]?.elements.map(\.bitPattern))
        }
        var expected = metadata()
        expected.weightsSHA256 = weights.weightsSHA256
        expected.tensors = Dictionary(
            uniqueKeysWithValues: weights.names.map { ($0, Hash.sha256(weights[$0]?.elements ?? [])) })
        #expect(file.metadata == expected)
    }

    @Test func equalModelsGiveEqualBytes() throws {
        let first = try readBytes(write())
        #expect(try readBytes(write()) == first)
    }

    @Test func writesPlainArchivesToo() throws {
        #expect(try NPZ.write(weights(), to: scratch.file("p.npz")) == nil)
        let file = try WeightFile(path: scratch.file("p.npz"))
        #expect(file.metadata == nil)
        #expect(try file.load() == weights())
    }

    @Test func hashesWeightsByNameShapeAndValue() throws {
        var state = StateDict()
        state["b"] = try Tensor(shape: [2], elements: [1, 2])
        state["a"] = try Tensor(shape: [], elements: [3])
        // By Python's hashlib, over "a\0scalar\0HASH\nb\02\0HASH\n".
        #expect(state.weightsSHA256 == "81d98f9e8821da86896f492bfade64e6b8415296af34e7c2954b70886d9a7412")
        var other = StateDict()
        other["a"] = state["a"]
        other["b"] = state["b"]
        #expect(other.weightsSHA256 == state.weightsSHA256)
        other["b"] = try Tensor(shape: [2, 1], elements: [1, 2])
        #expect(other.weightsSHA256 != state.weightsSHA256)
    }

    @Test func refusesToWriteWhatItWouldNotRead() throws {
        var state = StateDict()
        state["w"] = try Tensor(shape: [2], elements: [1, .nan])
        #expect(
            line(in: scratch) { try NPZ.write(state, to: scratch.file("m.npz")) }
                == "m.npz: w: the tensor has a value that is not finite: found nan at index 1; nothing was written")
        state["w"] = nil
        state["a\0b"] = Tensor(shape: [1])
        #expect(
            line(in: scratch) { try NPZ.write(state, to: scratch.file("m.npz")) }
                == "m.npz: cannot name an archive's member so: found 'a\\x00b'")
        var broken = metadata()
        broken.metrics = ["loss": .number(.nan)]
        #expect(
            line(in: scratch) { try NPZ.write(StateDict(), metadata: broken, to: scratch.file("m.npz")) }
                == "m.npz: graft.json: the model's description cannot be written: found nan at 'metrics.loss'")
        #expect(try scratch.content == [])
    }

    @Test func refusesAChangedTensor() throws {
        let zeros = Hash.sha256([Float](repeating: 0, count: 2000))
        var values = [Float](repeating: 0, count: 2000)
        values[3] = Float(bitPattern: 0x0000_0100)
        #expect(
            try failure { $0[4].content[128 + 13] = 1 }
                == "m.npz: zeros: the tensor's SHA-256 is not the one that graft.json states: expected \(zeros), "
                + "found \(Hash.sha256(values)); get the file again")
    }

    @Test func refusesMissingAndExtraMembers() throws {
        #expect(
            try failure { $0.remove(at: 2) }
                == "m.npz: classifier.1.bias: the tensor is listed in graft.json, but its member is missing")
        #expect(
            try failure { $0.append(.init("more.npy", $0[3].content)) }
                == "m.npz: more: the tensor is not listed in graft.json")
        #expect(
            try failure { $0.append(.init("notes.txt", [65])) }
                == "m.npz: notes.txt: a member that is no array: expected only .npy members and graft.json")
    }

    @Test func refusesAnotherShape() throws {
        let text = try failure {
            let start = $0[4].content.firstIndex(of: UInt8(ascii: "(")) ?? 0
            $0[4].content.replaceSubrange(start..<start + 8, with: "(50, 40)".utf8)
        }
        #expect(
            text.hasPrefix(
                "m.npz: graft.json: weights_sha256 does not fit the tensors' names, shapes and hashes: expected "))
    }

    @Test func refusesWrongDescriptions() throws {
        let start = "m.npz: graft.json: the model's description cannot be read: found "
        #expect(
            try failure(replacing: "\"format_version\" : 1", by: "\"format_version\" : 2")
                == "m.npz: graft.json: the file is of another format version: expected 1, found 2; update Graft")
        #expect(
            try failure(replacing: "\"format_version\" : 1", by: "\"format_version\" : 0")
                == "m.npz: graft.json: the file is of another format version: expected 1, found 0; "
                + "convert it again with this version of Graft")
        #expect(try failure(replacing: "\"format_version\"", by: "\"version\"") == start + "no key 'format_version'")
        #expect(try failure(replacing: "\"crop\"", by: "\"cut\"") == start + "no key 'preprocessing.crop'")
        #expect(
            try failure(replacing: "\"seed\" : 42", by: "\"seed\" : \"x\"") == start
                + "a value of the wrong type at 'seed'")
        #expect(
            try failure(replacing: "bicubic", by: "cubic") == start + "a wrong value at 'preprocessing.interpolation'")
        #expect(try failure(replacing: "{", by: "") == start + "text that is not JSON")
        // A hundred thousand brackets must not overflow the stack.
        let brackets = String(repeating: "[", count: 100_000)
        #expect(
            try failure(replacing: "\"total\" : 75", by: "\"total\" : " + brackets) == start + "text that is not JSON")
        #expect(
            try failure(replacing: "\"crop\" : 224", by: "\"crop\" : 0")
                == "m.npz: graft.json: preprocessing.crop: impossible preprocessing: expected 1 to 8192 pixels, found 0"
        )
        #expect(
            try failure(replacing: "\"zeros\" : \"", by: "\"zeros\" : \"x")
                .hasPrefix("m.npz: zeros: not a SHA-256 in graft.json: expected 64 hexadecimal digits, found 'x"))
    }

    /// Cut anywhere, or with any byte changed: an error, or the same tensors.
    @Test(arguments: [0, 6])
    func neverCrashesOnDamage(level: Int) throws {
        var state = StateDict()
        state["w"] = try Tensor(shape: [3, 5], elements: (0..<15).map { Float($0) * 0.37 - 2 })
        state["b"] = try Tensor(shape: [3], elements: [1, 2, 3])
        let path = scratch.file("m.npz")
        try NPZ.write(state, metadata: metadata(), to: path, level: level)
        let whole = try readBytes(path)
        for length in stride(from: 0, to: whole.count, by: 7) {
            #expect(throws: GraftError.self) {
                try WeightFile(path: scratch.write(Array(whole[..<length]), to: "m.npz")).load()
            }
        }
        var harmless = 0
        for position in whole.indices {
            for bits: UInt8 in [0x01, 0xff] {
                var bytes = whole
                bytes[position] ^= bits
                guard let loaded = try? WeightFile(path: scratch.write(bytes, to: "m.npz")).load() else { continue }
                harmless += 1
                #expect(loaded == state, "byte \(position) ^ \(bits)")
            }
        }
        // The archive's versions, times and attributes say nothing about the values, nor does what stored arrays are
        // aligned with: up to 63 bytes each, changed twice.
        #expect(harmless < 150 + (level == 0 ? 2 * 2 * 63 : 0))
    }
}
