import Data
import Engine
import Images
import Learning
import Zoo

/// Pictures that go through augmentation, mixing and the frozen layers again in every epoch. Decoding and augmenting run
/// ahead of computing.
struct StreamedPictures: BatchSource {
    let targets: Targets
    private let pictures: PictureSource
    private let mixing: Mixing
    private let classCount: Int
    /// The frozen layers; nil where the picture itself is what trained layers read.
    private let prefix: InferencePlan?
    private let seed: UInt64
    private let surroundings: RunSurroundings

    /// - Parameters:
    ///   - augmentation: nothing random for pictures that are only counted.
    ///   - prefix: made to run on `threads` threads.
    init(
        _ paths: [String], targets: Targets, classCount: Int, augmentation: Augmentation = Augmentation(),
        mixing: Mixing = Mixing(), preprocessing: Preprocessing, prefix: InferencePlan?, seed: UInt64,
        cache: PictureCache, _ surroundings: RunSurroundings
    ) {
        self.targets = targets
        pictures = PictureSource(
            paths: paths, augmentation: augmentation, preprocessing: preprocessing, seed: seed,
            cache: cache)
        self.mixing = mixing
        self.classCount = classCount
        self.prefix = prefix
        self.seed = seed
        self.surroundings = surroundings
    }

    private struct Pass: BatchSequence {
        let source: StreamedPictures
        let stream: BatchStream
        let batches: [[Int]]
        let epoch: Int
        var step = 0

        mutating func next() throws(GraftError) -> TrainingBatch? {
            try source.surroundings.interrupter.check()
            guard let images = try stream.next() else { return nil }
            defer { step += 1 }
            return try source.batch(images, batches[step], epoch: epoch, step: step)
        }
    }

    func pass(_ batches: [[Int]], epoch: Int) throws(GraftError) -> any BatchSequence {
        let requests = BatchRequest.all(batches.map { $0[...] }, epoch: epoch)
        return Pass(
            source: self, stream: try BatchStream(pictures, requests, threads: surroundings.threads), batches: batches,
            epoch: epoch)
    }

    private func batch(
        _ images: Tensor, _ samples: [Int], epoch: Int, step: Int
    ) throws(GraftError) -> TrainingBatch {
        var targets = targets.rows(of: samples)
        var images = images
        if !mixing.isEmpty {
            targets = mixing(
                &images, targets: targets, classCount: classCount, seed: seed, epoch: epoch, step: step)
        }
        do throws(GraftError) {
            return TrainingBatch(
                inputs: try prefix?.run(images) ?? images, targets: targets, samples: samples)
        } catch {
            throw GraftError(.invalidModel, error)
        }
    }
}
