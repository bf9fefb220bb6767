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
        /// Whether other ranks' inputs are to be there too, where there are others.
        let isWhole: Bool
        var step = 0

        mutating func next() throws(GraftError) -> TrainingBatch? {
            try source.surroundings.interrupter.check()
            guard let images = try stream.next() else { return nil }
            defer { step += 1 }
            guard let ranks = source.surroundings.ranks else {
                return try source.batch(images, batches[step], epoch: epoch, step: step)
            }
            return try source.sharedBatch(images, batches[step], epoch: epoch, step: step, ranks, isWhole: isWhole)
        }
    }

    func pass(_ batches: [[Int]], epoch: Int) throws(GraftError) -> any BatchSequence {
        try pass(batches, epoch: epoch, isWhole: true)
    }

    func sharedPass(_ batches: [[Int]], epoch: Int) throws(GraftError) -> any BatchSequence {
        try pass(batches, epoch: epoch, isWhole: false)
    }

    private func pass(_ batches: [[Int]], epoch: Int, isWhole: Bool) throws(GraftError) -> any BatchSequence {
        var requests = BatchRequest.all(batches.map { $0[...] }, epoch: epoch)
        if let ranks = surroundings.ranks {
            requests = requests.map { request in
                let wanted = wanted(of: request.indices.count, ranks)
                return BatchRequest(
                    epoch: epoch, indices: wanted.map { request.indices[$0] },
                    repetitions: wanted.map { request.repetitions[$0] })
            }
        }
        return Pass(
            source: self, stream: try BatchStream(pictures, requests, threads: surroundings.threads), batches: batches,
            epoch: epoch, isWhole: isWhole)
    }

    /// Which pictures of a batch this rank decodes: its share, with the one before where they are mixed, and at least one.
    private func wanted(of count: Int, _ ranks: any Ranks) -> [Int] {
        let own = RankShares.images(of: count, ranks: ranks.count)[ranks.rank]
        guard !own.isEmpty else { return [0] }
        let before = (own.lowerBound + count - 1) % count
        return (mixing.isEmpty || own.contains(before) ? [] : [before]) + own
    }

    /// This rank's part of a batch; the rest is zeros, or comes from the others.
    private func sharedBatch(
        _ images: Tensor, _ samples: [Int], epoch: Int, step: Int, _ ranks: any Ranks, isWhole: Bool
    ) throws(GraftError) -> TrainingBatch {
        let count = samples.count
        let shares = RankShares.images(of: count, ranks: ranks.count), own = shares[ranks.rank]
        var whole = images.placed(wanted(of: count, ranks), of: count)
        var targets = targets.rows(of: samples)
        if !mixing.isEmpty {
            targets = mixing(&whole, targets: targets, classCount: classCount, seed: seed, epoch: epoch, step: step)
        }
        if let prefix {
            do throws(GraftError) {
                whole =
                    own.isEmpty
                    ? Tensor(shape: [count] + prefix.outputShape)
                    : try prefix.run(whole.rows(own)).placed(Array(own), of: count)
            } catch {
                throw GraftError(.invalidModel, error)
            }
        }
        if isWhole {
            let width = whole.shape.dropFirst().reduce(1, *)
            whole.withElements { ranks.gather(&$0, width: width, shares: shares) }
        }
        return TrainingBatch(inputs: whole, targets: targets, samples: samples)
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

extension Tensor {
    /// Rows in their places among `count` rows, the others zeros.
    fileprivate func placed(_ places: [Int], of count: Int) -> Tensor {
        let row = Array(shape.dropFirst()), size = row.reduce(1, *)
        var result = Tensor(shape: [count] + row)
        result.withElements { target in
            for (index, place) in places.enumerated() {
                target.replaceSubrange(
                    place * size..<(place + 1) * size, with: elements[index * size..<(index + 1) * size])
            }
        }
        return result
    }

    /// Some rows that stand next to each other.
    fileprivate func rows(_ range: Range<Int>) throws(GraftError) -> Tensor {
        let row = Array(shape.dropFirst()), size = row.reduce(1, *)
        return try Tensor(
            shape: [range.count] + row, elements: Array(elements[range.lowerBound * size..<range.upperBound * size]))
    }
}
