import Data
import Engine
import Foundation
import Heads
import Inference
import Learning
import Runs
import TestSupport
import Testing
import Weights
import Zoo

@Suite struct FeaturesTests {
    private struct Setup {
        let data: TinyData
        let paths: [String]
        let cache: String

        init() throws {
            data = try TinyData()
            paths = try ImageFolder(path: "\(data.scratch.path)/train").pictures.map(\.path)
            cache = "\(data.scratch.path)/cache"
        }

        func extractor(
            seed: UInt64 = 1, crop: Int = 16, color: Preprocessing.Color = .srgb
        ) throws -> FeatureExtractor {
            var preprocessing = Preprocessing.imageNet(resize: 18, crop: crop, interpolation: .bilinear)
            preprocessing.color = color
            let backbone = TinyBackbone(variant: "tiny")
            let prefix = try Model(backbone: backbone, head: LinearHead(backbone), outputs: 2).graph()
                .prefix(through: Model.pooledStage)
            let weights = Initializer(seed: seed).fill(prefix)
            return try FeatureExtractor(
                prefix: prefix, weights: weights, weightsSHA256: weights.weightsSHA256,
                preprocessing: preprocessing, cache: cache)
        }

        func files() throws -> [String] {
            let root = "\(cache)/features"
            return try FileManager.default.subpathsOfDirectory(atPath: root).filter { $0.hasSuffix(".npz") }
                .map { "\(root)/\($0)" }.sorted()
        }
    }

    /// Colours that are converted give other rows, kept apart; in sRGB it makes no difference.
    @Test func colorsAreConvertedUnlessAsIs() throws {
        let setup = try Setup()
        let paths = [setup.paths[0], Fixtures.path("images/profiles/p3.jpg")]
        let converted = try setup.extractor().read(paths)
        let plain = try setup.extractor(color: .asIs).read(paths)
        #expect(plain.cached == 0)
        #expect(plain.rows[0] == converted.rows[0])
        #expect(plain.rows[1] != converted.rows[1])
        #expect(try setup.extractor(color: .asIs).read(paths).rows == plain.rows)
        #expect(try setup.extractor().read(paths).rows == converted.rows)
    }

    @Test func cachedRowsAreTheSame() throws {
        let setup = try Setup()
        let first = try setup.extractor().read(setup.paths, threads: 3)
        #expect(first.cached == 0)
        #expect(first.skipped.isEmpty)
        #expect(first.rows.compactMap { $0 }.count == 24)
        #expect(first.rows.allSatisfy { $0?.count == 16 })
        let second = try setup.extractor().read(setup.paths, threads: 1)
        #expect(second.cached == 24)
        #expect(second.rows == first.rows)
        #expect(second.digests == first.digests)
        // A renamed picture is known, a changed one is not.
        let moved = try setup.data.scratch.write(
            "elsewhere.jpg", [UInt8](Data(contentsOf: URL(filePath: setup.paths[0]))))
        let changed = try setup.data.scratch.write("changed.jpg", TinyData.picture(1, shade: 55))
        let third = try setup.extractor().read([moved, changed])
        #expect(third.cached == 1)
        #expect(third.rows[0] == first.rows[0])
        #expect(try setup.files().count == 2)
    }

    @Test func otherWeightsOrPreprocessingAreOtherFeatures() throws {
        let setup = try Setup()
        let first = try setup.extractor().read(setup.paths)
        let weights = try setup.extractor(seed: 2).read(setup.paths)
        #expect(weights.cached == 0)
        #expect(weights.rows != first.rows)
        #expect(try setup.extractor(crop: 14).read(setup.paths).cached == 0)
        #expect(try setup.files().count == 3)
    }

    @Test func aDamagedCacheIsMadeAgain() throws {
        let setup = try Setup()
        let first = try setup.extractor().read(setup.paths)
        let file = try #require(try setup.files().first)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: file)))
        var flipped = bytes
        flipped[bytes.count / 2] ^= 1
        for damaged in [Array(bytes.prefix(bytes.count / 2)), [], Array("nonsense".utf8), flipped] {
            try Data(damaged).write(to: URL(filePath: file))
            let again = try setup.extractor().read(setup.paths)
            #expect(again.cached == 0)
            #expect(again.rows == first.rows)
            #expect([UInt8](try Data(contentsOf: URL(filePath: file))) == bytes)
        }
    }

    @Test func manySmallFilesBecomeOne() throws {
        let setup = try Setup()
        for index in 0..<9 { _ = try setup.extractor().read([setup.paths[index]]) }
        #expect(try setup.files().count == 1)
        let all = try setup.extractor().read(Array(setup.paths.prefix(9)))
        #expect(all.cached == 9)
    }

    @Test func aCacheThatCannotBeWrittenIsNoError() throws {
        let setup = try Setup()
        try setup.data.scratch.write("cache")
        let result = try setup.extractor().read(setup.paths)
        #expect(result.rows.compactMap { $0 }.count == 24)
        #expect(result.cacheProblem?.hasPrefix("the folder \(setup.cache)/features/") == true)
    }

    @Test func leastRecentlyUsedFilesGo() throws {
        let setup = try Setup()
        func store(_ seed: UInt64) throws -> String {
            let before = Set((try? setup.files()) ?? [])
            _ = try setup.extractor(seed: seed).read(setup.paths)
            return try #require(try setup.files().first { !before.contains($0) })
        }
        let oldest = try store(1)
        let older = try store(2)
        for (file, age) in [(oldest, 2000.0), (older, 1000.0)] {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: file)
        }
        // Using the oldest makes it the newest.
        #expect(try setup.extractor(seed: 1).read(setup.paths).cached == 24)
        let size = try [UInt8](Data(contentsOf: URL(filePath: oldest))).count
        let newest = try store(3)
        FeatureCache.trim(setup.cache, to: size * 5 / 2)
        #expect(try setup.files() == [oldest, newest].sorted())
    }
}

extension FeatureExtractor {
    fileprivate func read(
        _ paths: [String], isStrict: Bool = false, threads: Int? = nil,
        progress: @Sendable (FeatureProgress) -> Void = { _ in }
    ) throws(GraftError) -> Extraction {
        try extract(paths.map { Item(path: $0) }, isStrict: isStrict, threads: threads, progress: progress)
    }
}
