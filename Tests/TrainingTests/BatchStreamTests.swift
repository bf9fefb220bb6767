import Data
import Foundation
import Images
import Synchronization
import TestSupport
import Testing
import Zoo

@Suite struct BatchStreamTests {
    private let preprocessing = Preprocessing.imageNet(resize: 20, crop: 16, interpolation: .bilinear)
    private let paths = ["picture.png", "changes.png"].map { Fixtures.path("augment/\($0)") }

    private func source(
        _ augmentation: Augmentation = .strong, cache: PictureCache = PictureCache(limit: 1 << 20)
    ) -> PictureSource {
        PictureSource(
            paths: paths, augmentation: augmentation, preprocessing: preprocessing, seed: 3,
            cache: cache)
    }

    private let requests = (1...3).flatMap { epoch in
        BatchRequest.all([[0, 1, 0, 1, 1][...], [1][...], [0, 0, 1][...]], epoch: epoch)
    }

    @Test func aBatchHoldsWhatAugmentationMakes() throws {
        let source = source()
        let batch = try source.batch([1, 0], epoch: 4)
        #expect(batch.shape == [2, 16, 16, 3])
        for (row, index) in [1, 0].enumerated() {
            var expected = [Float](repeating: .nan, count: 768)
            let picture = try Picture(path: paths[index])
            try expected.withUnsafeMutableBufferPointer { target in
                try Augmentation.strong.write(
                    picture, preprocessing: preprocessing, seed: 3, epoch: 4, index: index, into: target)
            }
            #expect(Array(batch.elements[row * 768..<(row + 1) * 768]) == expected)
        }
        #expect(batch == (try source.batch([1, 0], epoch: 4, threads: 1)))
        #expect(batch != (try source.batch([1, 0], epoch: 5)))
    }

    @Test func aPictureThatComesAgainLooksDifferent() throws {
        let batch = try source(.light).batch(
            BatchRequest(epoch: 1, indices: [0, 0], repetitions: [0, 1]))
        #expect(Array(batch.elements[..<768]) != Array(batch.elements[768...]))
        let plain = try source(Augmentation()).batch(
            BatchRequest(epoch: 1, indices: [0, 0], repetitions: [0, 1]))
        #expect(Array(plain.elements[..<768]) == Array(plain.elements[768...]))
    }

    @Test(arguments: [(0, 1, 1), (1, 1, 1), (1, 2, 3), (3, 2, 2), (4, 1, 20)])
    func batchesComeInOrderWhateverTheThreads(_ loaders: Int, _ threads: Int, _ ahead: Int) throws {
        let source = source()
        let stream = try BatchStream(source, requests, ahead: ahead, loaders: loaders, threads: threads)
        for request in requests {
            #expect(try stream.next() == (try source.batch(request)))
        }
        #expect(try stream.next() == nil)
        #expect(try stream.next() == nil)
    }

    /// A reader that takes its time finds no more than it allowed to be made ahead.
    @Test func memoryIsBounded() throws {
        let asked = Atomic<Int>(0)
        let stream = try BatchStream(source(), ahead: 2, loaders: 2) { number in
            asked.store(number + 1, ordering: .sequentiallyConsistent)
            return BatchRequest(epoch: number, indices: [0, 1])
        }
        for taken in 1...20 {
            _ = try #require(try stream.next())
            if taken % 5 == 0 { Thread.sleep(forTimeInterval: 0.02) }
            #expect(asked.load(ordering: .sequentiallyConsistent) <= taken + 2)
        }
    }

    @Test func aStreamThatIsDroppedEnds() throws {
        for _ in 0..<20 {
            let stream = try BatchStream(source(), ahead: 8, loaders: 2) { BatchRequest(epoch: $0, indices: [0, 1]) }
            _ = try stream.next()
        }
        // Also before anything was taken.
        for _ in 0..<20 {
            _ = try BatchStream(source(), ahead: 8, loaders: 2) { BatchRequest(epoch: $0, indices: [0, 1]) }
        }
    }

    /// Also where its thread is about to wait at that very moment: this would last for ever.
    @Test func streamsThatAreDroppedAtOnceEnd() throws {
        for _ in 0..<5000 { _ = try BatchStream(source(), [], loaders: 2) }
    }

    @Test func emptyBatches() throws {
        let stream = try BatchStream(source(), [BatchRequest(epoch: 1, indices: [])])
        #expect(try stream.next()?.shape == [0, 16, 16, 3])
        #expect(try stream.next() == nil)
    }

    @Test(arguments: [0, 1, 2])
    func aPictureThatVanishes(_ loaders: Int) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).png").path
        try FileManager.default.copyItem(atPath: paths[0], toPath: path)
        let source = PictureSource(
            paths: [paths[0], path], preprocessing: preprocessing, seed: 3, cache: PictureCache(limit: 0))
        _ = try source.batch([0, 1], epoch: 1)
        try FileManager.default.removeItem(atPath: path)
        let stream = try BatchStream(
            source, [[0, 0], [0, 1, 1], [0]].map { BatchRequest(epoch: 2, indices: $0) }, loaders: loaders)
        #expect(try stream.next()?.shape == [2, 16, 16, 3])
        let text = "\(path): no such file; mend it, or remove it and start again"
        for _ in 0..<2 {
            #expect(#expect(throws: GraftError.self) { try stream.next() }?.description == text)
        }
        #expect(#expect(throws: GraftError.self) { try source.batch([1], epoch: 2) }?.description == text)
    }

    @Test func decodedPicturesAreKeptUpToALimit() throws {
        // picture.png is 40x30, changes.png 40x2880.
        let both = PictureCache(limit: 40 * 30 * 3 + 40 * 2880 * 3)
        let small = PictureCache(limit: 40 * 2880 * 3 - 1)
        let none = PictureCache(limit: 0)
        let batches = try [both, small, none].map { cache in
            let source = source(cache: cache)
            _ = try source.batch([1, 0], epoch: 1)
            return try source.batch([1, 0, 1], epoch: 2)
        }
        #expect(Set(batches).count == 1)
        #expect(both.bytes == 40 * 30 * 3 + 40 * 2880 * 3)
        #expect(small.bytes == 40 * 30 * 3)
        #expect(none.bytes == 0)
    }
}
