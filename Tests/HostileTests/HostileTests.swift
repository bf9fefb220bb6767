import Data
import Exchange
import Foundation
import Images
import Inference
import Insight
import Learning
import RunConfiguration
import TestSupport
import Testing
import WeightSources
import Weights
import Zoo
import graft_cli

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Damaged files of every kind that Graft reads: each is refused with a typed error, or read. `GRAFT_MUTANTS` sets how many
/// mutants of each kind are tried; a run that hangs fails by its time limit.
@Suite(.serialized) struct HostileTests {
    private static let count =
        ProcessInfo.processInfo.environment["GRAFT_MUTANTS"].flatMap { Int($0) } ?? Mutator.defaultCount

    /// What became of the mutants.
    struct Tally {
        var read = 0
        var refused = 0
    }

    /// Tries `count` mutants of the files in turn.
    /// - Parameters:
    ///   - name: what every error has to call the file; nil for the file that holds the mutant.
    ///   - read: reads a mutant, given its bytes and a file that holds them.
    func attack(
        _ kind: String, _ originals: [[UInt8]], onDisk: Bool = true, name: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation, read: ([UInt8], String, Int) throws -> Void
    ) throws -> Tally {
        let path = NSTemporaryDirectory() + "/graft-hostile-\(kind)-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let before = Self.residentBytes()
        var tally = Tally()
        for number in 0..<Self.count {
            let original = number % originals.count
            var mutator = Mutator(seed: 7, number: number)
            let mutant = mutator.mutate(originals[original])
            if onDisk { try Self.write(mutant, to: path) }
            do {
                try read(mutant, path, original)
                tally.read += 1
            } catch let error as GraftError {
                tally.refused += 1
                let line = error.description
                #expect(
                    line.contains(name ?? path) && !line.contains("\n"), "\(kind) \(number): \(line)",
                    sourceLocation: sourceLocation)
            } catch {
                Issue.record("\(kind), mutant \(number): not a typed error: \(error)", sourceLocation: sourceLocation)
            }
        }
        // The files are a few kilobytes: growth of this size would be a size that was believed. The peak is the whole
        // process', so it says something only where no other tests run.
        if ProcessInfo.processInfo.environment["GRAFT_HOSTILE_ALONE"] == "1" {
            let growth = Self.residentBytes() - before
            #expect(growth < 64 << 20, "\(kind): \(growth >> 20) MiB more at the peak", sourceLocation: sourceLocation)
        }
        #expect(tally.refused > Self.count / 20, "\(kind): \(tally)", sourceLocation: sourceLocation)
        return tally
    }

    /// A new file: what overwrites one waits for the disk, ten thousand times.
    private static func write(_ bytes: [UInt8], to path: String) throws {
        unlink(path)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// The peak so far.
    private static func residentBytes() -> Int {
        var usage = rusage()
        #if canImport(Darwin)
            getrusage(RUSAGE_SELF, &usage)
            return Int(usage.ru_maxrss)
        #else
            getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
            return Int(usage.ru_maxrss) * 1024
        #endif
    }

    func fixtures(_ names: [String]) throws -> [[UInt8]] {
        try names.map { Array(try Data(contentsOf: URL(fileURLWithPath: Fixtures.path($0)))) }
    }

    /// A model with everything in it.
    private func model() throws -> (tensors: StateDict, metadata: ModelMetadata) {
        var tensors = StateDict()
        tensors["classifier.weight"] = try Tensor(shape: [3, 4], elements: (0..<12).map { Float($0) / 8 })
        tensors["classifier.bias"] = try Tensor(shape: [3], elements: [1, -2, 0.5])
        let metadata = ModelMetadata(
            backbone: "tiny", pooling: "avg", head: .init(kind: "linear", options: ["dropout": .number(0.2)]),
            classes: ["a", "b", "c"],
            preprocessing: .imageNet(resize: 256, crop: 224, interpolation: .bicubic), licence: "Apache-2.0",
            source: "a test")
        return (tensors, metadata)
    }

    /// The bytes that `write` puts into a file.
    private func bytes(ending: String, write: (String) throws -> Void) throws -> [UInt8] {
        let path = NSTemporaryDirectory() + "/graft-hostile-model-\(UUID().uuidString).\(ending)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try write(path)
        return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test(.timeLimit(.minutes(10))) func modelFiles() throws {
        let (tensors, description) = try model()
        var written: ModelMetadata?
        let original = try bytes(ending: "npz") { written = try NPZ.write(tensors, metadata: description, to: $0) }
        let metadata = try #require(written)
        _ = try attack("npz", [original]) { _, path, _ in
            let file = try WeightFile(path: path)
            // Checked by CRC and SHA-256: what is read is what was written.
            #expect(try file.load() == tensors)
            #expect(file.metadata == metadata)
        }
    }

    @Test(.timeLimit(.minutes(10))) func archives() throws {
        let originals = try fixtures(["ustar", "pax", "gnu", "holes-gnu"].map { "archives/\($0).tar" })
        _ = try attack("tar", originals) { bytes, path, _ in
            var reader = TarReader(try ByteStream(path: path))
            var taken = 0
            while let member = try reader.next() {
                #expect(member.offset + member.size <= bytes.count)
                taken += try reader.content().count
            }
            #expect(taken <= bytes.count)
        }
    }

    @Test(.timeLimit(.minutes(10))) func foldersOfParts() throws {
        let folder = NSTemporaryDirectory() + "/graft-hostile-parts-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let identity = PartIdentity(
            command: "predict", format: "jsonl", model: Hash.sha256("model"), names: Hash.sha256("names"),
            settings: ["--top": "3"], instructionSet: "avx2", shard: 1, shards: 1, partSize: 2)
        do {
            let parts = try PartFolder(folder, identity, header: [])
            for name in ["a", "b", "c"] { _ = try parts.add(PartAnswer(name: name, bytes: Array("\(name)\n".utf8))) }
            try parts.finish()
        }
        let files = ["\(folder)/run.json", "\(folder)/parts.jsonl", "\(folder)/part-00001.jsonl"]
        let originals = try files.map { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) }
        var last = 0
        _ = try attack("parts", originals, onDisk: false, name: folder) { mutant, _, original in
            if original != last { try Self.write(originals[last], to: files[last]) }
            last = original
            try Self.write(mutant, to: files[original])
            try PartMerge([folder]).write(to: "\(folder)/merged")
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/merged")) == Data("a\nb\nc\n".utf8))
        }
    }

    @Test(.timeLimit(.minutes(10))) func plainArrays() throws {
        let names = [
            "weights/plain.npz", "weights/compressed.npz", "weights/version2.npz", "checkpoints/trainers/arrays.npz",
        ]
        let originals = try fixtures(names)
        let values = try names.map { try WeightFile(path: Fixtures.path($0)).load() }
        _ = try attack("plain-npz", originals) { _, path, original in
            let loaded = try WeightFile(path: path).load()
            // A changed header may drop or rename a member; a value is protected by its CRC.
            for name in loaded.names {
                if let known = values[original][name], let found = loaded[name], known.shape == found.shape {
                    #expect(known == found)
                }
            }
        }
    }

    @Test(
        .timeLimit(.minutes(10)),
        arguments: [
            ["checkpoints/zip.pth", "checkpoints/nested.pth", "checkpoints/two.pth", "checkpoints/evil.pth"],
            ["checkpoints/legacy.pth", "checkpoints/training_legacy.pth", "checkpoints/evil_legacy.pth"],
            ["checkpoints/plain.safetensors", "checkpoints/written.safetensors"],
            ["inert.pth", "opaque4.pth", "types.pth", "big.pth", "script.pt", "timm.pth", "quantized.pth"]
                .map { "checkpoints/trainers/" + $0 },
            ["inert_legacy.pth", "opaque_legacy.pth"].map { "checkpoints/trainers/" + $0 },
        ])
    func checkpoints(names: [String]) throws {
        _ = try attack("checkpoint", try fixtures(names)) { _, path, _ in
            let loaded = try WeightFile(path: path).load()
            #expect(loaded.names.allSatisfy { name in loaded[name]?.elements.allSatisfy(\.isFinite) ?? false })
        }
    }

    /// Pickles damaged inside of sound archives, so that no CRC stands before the reader: those of checkpoints, and of
    /// programs (`constants.pkl` makes one). Every set is read, and matched with a model's names.
    @Test(.timeLimit(.minutes(10)), arguments: [false, true]) func pickles(isScript: Bool) throws {
        let names =
            isScript
            ? ["script.pt", "traced.pt"]
            : [
                "inert.pth", "inert4.pth", "opaque.pth", "opaque5.pth", "types.pth", "nested.pth", "parts.pth",
                "sparse.pth",
            ]
        let archives = try names.map {
            try ZipArchive(try MappedFile(path: Fixtures.path("checkpoints/trainers/" + $0)))
        }
        let pickles = try archives.map { archive in
            let member = try #require(archive.entries.first { $0.name.hasSuffix("/data.pkl") })
            return try archive.read(member, limit: 1 << 20)
        }
        var builder = GraphBuilder(inputShape: [3])
        let output = try Dense(2, bias: false).named("x").build(builder.input, in: &builder)
        builder.endStage("x", at: output)
        let wanted = try builder.graph(output: output).parameters
        // Read once: what a mutant changes is the pickle alone.
        let others = try archives.map { archive in
            try archive.entries.filter { !$0.name.contains("/code/") && !$0.name.hasSuffix("/data.pkl") }.map {
                (name: $0.name, content: try archive.read($0, limit: 1 << 20))
            }
        }
        let tally = try attack("pickle", pickles, onDisk: false) { bytes, path, number in
            let zip = StoredZip.bytes(
                [("x/data.pkl", bytes)]
                    + others[number].map { ("x/" + $0.name.drop { $0 != "/" }.dropFirst(), $0.content) })
            try Self.write(zip, to: path)
            let weights = try WeightFile(path: path)
            for set in weights.sets {
                let loaded = try weights.choosing(set.name).load { name in
                    weights.refused.contains { $0.name == name } ? nil : name
                }
                #expect(loaded.names.allSatisfy { loaded[$0]?.elements.allSatisfy(\.isFinite) ?? false })
            }
            let match = try CheckpointMatch(weights, for: wanted, of: PlainBackbone(variant: "plain"))
            try match.check()
            #expect(try match.load()["x.weight"]?.shape == [2, 3])
        }
        #expect(isScript || tally.read > 0)
    }

    /// Modules of a program in each other, further than any program has them.
    @Test(.timeLimit(.minutes(1))) func modulesInEachOther() throws {
        let path = NSTemporaryDirectory() + "/graft-hostile-modules-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        // GLOBAL, an empty tuple, NEWOBJ, an empty dict and the key of what comes next; then SETITEM and BUILD from within.
        let module = Array("c__torch__\nM\n)".utf8) + [0x81, 0x7D, 0x58, 1, 0, 0, 0, 0x6B]
        let end: [UInt8] = [0x73, 0x62]
        var pickle: [UInt8] = [0x80, 2]
        for _ in 0..<10_000 { pickle += module }
        pickle.append(0x4E)
        for _ in 0..<10_000 { pickle += end }
        pickle.append(0x2E)
        let archive = StoredZip.bytes([("x/data.pkl", pickle), ("x/constants.pkl", [0x80, 2, 0x29, 0x2E])])
        try Self.write(archive, to: path)
        let error = #expect(throws: GraftError.self) { try WeightFile(path: path) }
        #expect(error?.description == "\(path): the program's modules lie too deep or are too many")
    }

    /// Headers of arrays damaged inside of sound archives.
    @Test(.timeLimit(.minutes(10))) func arrayHeaders() throws {
        let names = ["weights/plain.npz", "weights/version2.npz", "checkpoints/trainers/arrays.npz"]
        var arrays: [[UInt8]] = []
        for name in names {
            let archive = try ZipArchive(try MappedFile(path: Fixtures.path(name)))
            for entry in archive.entries.prefix(6) { arrays.append(try archive.read(entry, limit: 1 << 20)) }
        }
        let tally = try attack("npy", arrays, onDisk: false) { bytes, path, _ in
            try Self.write(StoredZip.bytes([("x.npy", bytes)]), to: path)
            let loaded = try WeightFile(path: path).load()
            #expect(loaded["x"]?.elements.allSatisfy(\.isFinite) ?? true)
        }
        #expect(tally.read > 0)
    }

    /// Tables of pictures, as people and programs write them.
    @Test(.timeLimit(.minutes(10))) func tables() throws {
        let originals = [
            "path,label\r\na/1.jpg,pizza\r\n\"b, c/\"\"2\"\".jpg\",steak\r\nd/3.jpg,sushi\r\n",
            "\u{FEFF}image,class,note\n1.png,1,x\n2.png,2,\"two\nlines\"\n3.png,10,\n",
        ].map { Array($0.utf8) }
        let tally = try attack("table.csv", originals) { bytes, path, _ in
            // The name says that it is a table.
            let table = path + ".csv"
            try FileManager.default.moveItem(atPath: path, toPath: table)
            defer { try? FileManager.default.removeItem(atPath: table) }
            let folder = try ImageFolder(path: table)
            #expect(folder.pictures.allSatisfy { folder.classes.indices.contains($0.label ?? -1) })
        }
        #expect(tally.read > 0)
    }

    /// What to do with pictures, as people edit it.
    @Test(.timeLimit(.minutes(10))) func plans() throws {
        let originals = [
            "action,path,class,to,reason\r\nkeep,a/1.jpg,a,,x\r\nmove,caf\\xE9.jpg,a,b,\"y, z\"\r\ndrop,\"3\",b,,\r\n"
        ].map { Array($0.utf8) }
        let tally = try attack("plan", originals, onDisk: false, name: "plan.csv") { bytes, _, _ in
            let text = String(decoding: bytes, as: UTF8.self)
            let plan = try FixPlan(csv: text, name: "plan.csv")
            #expect(plan.rows.allSatisfy { !$0.path.isEmpty && ($0.action != .move || !$0.target.isEmpty) })
        }
        #expect(tally.read > 0)
    }

    @Test(.timeLimit(.minutes(10))) func manifests() throws {
        let manifest = Array(
            try Data(
                contentsOf: URL(
                    fileURLWithPath: Fixtures.path(
                        "../../weights/efficientnet_lite0-imagenet1k.json"))))
        let tally = try attack("manifest", [manifest]) { _, path, _ in
            let read = try WeightManifest.read(path)
            #expect(read != nil)
        }
        #expect(tally.read > 0)
    }

    /// What a model hub's folder says of its network and its pictures.
    @Test(.timeLimit(.minutes(10)), arguments: ["config.json", "preprocessor_config.json"])
    func hubDescriptions(name: String) throws {
        let originals = try fixtures(["vit", "convnext", "regnet"].map { "hub/\($0)/\(name)" })
        let others = ["config.json", "preprocessor_config.json"].filter { $0 != name }
        let weights = try bytes(ending: "safetensors") { try Safetensors.write(try model().tensors, to: $0) }
        let tally = try attack(name, originals) { _, path, original in
            let folder = path + ".hub"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try FileManager.default.moveItem(atPath: path, toPath: "\(folder)/\(name)")
            for other in others {
                try FileManager.default.copyItem(
                    atPath: Fixtures.path("hub/\(["vit", "convnext", "regnet"][original])/\(other)"),
                    toPath: "\(folder)/\(other)")
            }
            try Self.write(weights, to: "\(folder)/model.safetensors")
            _ = try HubFolder(path: folder)
        }
        #expect(tally.read > 0)
    }

    /// Files that Graft wrote, with their description.
    @Test(.timeLimit(.minutes(10)), arguments: ["pth", "safetensors"])
    func exportedModels(ending: String) throws {
        let (tensors, metadata) = try model()
        let original = try bytes(ending: ending) { path in
            switch ending {
            case "pth": try TorchCheckpoint.write(tensors, metadata: metadata, to: path)
            default: try Safetensors.write(tensors, model: metadata, to: path)
            }
        }
        let tally = try attack(ending, [original]) { _, path, _ in
            let file = try WeightFile(path: path)
            let loaded = try file.load()
            #expect(loaded.names.allSatisfy { name in loaded[name]?.elements.allSatisfy(\.isFinite) ?? false })
            #expect(file.metadata.map { $0.classes.allSatisfy { !$0.isEmpty } } ?? true)
        }
        #expect(tally.read > 0)
    }

    @Test(.timeLimit(.minutes(10))) func configurations() throws {
        let originals = [
            """
            # A comment.
            backbone: efficientnet_lite0
            weights: imagenet1k
            pooling: avg+max
            head: {kind: mlp, hidden: [256, 64], activation: silu, dropout: 0.2}
            data: {train: food/train, test: "food/test", classes: [pizza, 'steak', "s\\u0075shi", no, 2]}
            train:
              epochs: 5
              batch_size: 32
              optimizer: {kind: adamw, learning_rate: 1e-3, weight_decay: 0.01}
              seed: 42
            preprocessing: {crop: 224}
            output: runs/food
            strict: false
            """,
            """
            data: &data
              train: |
                a folder
                with a line break
              split: .25
            head: &head
              kind: linear
              dropout: 0.1
            <<: {backbone: resnet18}
            """,
            // Each level repeats the one before.
            """
            a: &a [x, x, x, x]
            b: &b [*a, *a, *a, *a]
            c: &c [*b, *b, *b, *b]
            data: {train: food, classes: *c}
            """,
        ]
        let tally = try attack("yaml", originals.map { Array($0.utf8) }) { _, path, _ in
            let file = try ConfigurationFile(path: path)
            do throws(GraftError) { _ = try TrainingConfiguration(options: file.options) } catch {
                throw file.placing(error)
            }
        }
        #expect(tally.read > 0)
    }

    @Test(.timeLimit(.minutes(10))) func archivesToUnpack() throws {
        let folder = NSTemporaryDirectory() + "/graft-hostile-unpacked-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try attack("zip", try fixtures(["checkpoints/zip.pth", "weights/compressed.npz"])) { _, path, _ in
            try ZipExtractor.extract(path, to: folder)
            try FileManager.default.removeItem(atPath: folder)
        }
        // What was refused left nothing.
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test(.timeLimit(.minutes(10))) func metadata() throws {
        let (_, metadata) = try model()
        let json = Array(try JSONEncoder().encode(metadata))
        _ = try attack("graft.json", [json], onDisk: false, name: "model.npz") { bytes, _, _ in
            _ = try ModelMetadata(json: bytes, file: "model.npz")
        }
    }
}

/// A backbone for its names alone.
private struct PlainBackbone: Backbone {
    static let variants = ["plain"]
    let name = "plain"

    init(variant: String) {}

    var preprocessing: Preprocessing { .imageNet(resize: 8, crop: 8, interpolation: .bilinear) }
    var features: [any Layer] { Conv(2, kernel: 3).named("conv") }

    func parameterName(forCheckpointName name: String) -> String? { name == "weight" ? "x.weight" : name }
}
