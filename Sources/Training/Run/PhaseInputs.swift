import Engine
import Zoo

/// What the trained layers of a phase read of the pictures.
struct PhaseInputs: Sendable {
    /// As they are learnt from.
    let train: any BatchSource
    /// The same pictures as they are tested: nothing random.
    let plainTrain: any BatchSource
    let test: (any BatchSource)?

    /// Bytes of features that are kept in memory; where they would be more, pictures are run again in every epoch.
    static let memoryLimit = 1 << 30
    /// Bytes of features that are worth keeping on disk.
    static let diskLimit = 1 << 28
}

/// Pictures that are read, prepared and run through the frozen layers again in every epoch, one picture a thread.
struct StreamedPictures: BatchSource {
    let labels: [Int]
    private let paths: [String]
    private let runner: PictureRunner
    private let shape: [Int]
    private let threads: Int

    init(_ items: [PictureSets.Item], runner: PictureRunner, shape: [Int], threads: Int) {
        labels = items.map(\.picture.label)
        paths = items.map(\.picture.path)
        self.runner = runner
        self.shape = shape
        self.threads = threads
    }

    private struct Pass: BatchSequence {
        let source: StreamedPictures
        var rest: ArraySlice<[Int]>

        mutating func next() throws(TrainingError) -> TrainingBatch? {
            guard let batch = rest.popFirst() else { return nil }
            return try source.batch(batch)
        }
    }

    func pass(_ batches: [[Int]], epoch: Int) -> any BatchSequence { Pass(source: self, rest: batches[...]) }

    private func batch(_ samples: [Int]) throws(TrainingError) -> TrainingBatch {
        let rows = WorkerPool.map(count: samples.count, threads: threads) { runner.run(path: paths[samples[$0]]) }
        var inputs = Tensor(shape: [samples.count] + shape)
        let size = shape.reduce(1, *)
        var problem: SkippedFile?
        inputs.withElements { elements in
            for (index, row) in rows.enumerated() {
                switch row {
                case .success(let values):
                    elements.replaceSubrange(index * size..<(index + 1) * size, with: values)
                case .failure(let file): problem = problem ?? file
                }
            }
        }
        if let problem {
            throw TrainingError(
                .invalidData, problem.reason, file: problem.path, remedy: "the picture could be read before")
        }
        return TrainingBatch(inputs: inputs, labels: samples.map { labels[$0] }, samples: samples)
    }
}
