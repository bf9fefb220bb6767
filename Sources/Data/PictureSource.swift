import Engine
package import Images
package import Zoo

/// Pictures by path, as a network in training sees them: read, decoded, augmented, normalised.
///
/// What comes out for a picture depends on the file, the settings and (seed, epoch, index), not on threads or on what was
/// asked for before.
package struct PictureSource: Sendable {
    /// The files, as the user named them.
    package let paths: [String]
    /// Nothing random for pictures that are only counted.
    package let augmentation: Augmentation
    package let preprocessing: Preprocessing
    private let seed: UInt64
    private let cache: PictureCache

    /// - Parameter cache: decoded pictures; to be shared by all who read the same files.
    package init(
        paths: [String], augmentation: Augmentation = Augmentation(), preprocessing: Preprocessing, seed: UInt64,
        cache: PictureCache = PictureCache()
    ) {
        self.paths = paths
        self.augmentation = augmentation
        self.preprocessing = preprocessing
        self.seed = seed
        self.cache = cache
    }

    /// The shape of one picture.
    var rowShape: [Int] { [preprocessing.crop, preprocessing.crop, 3] }

    /// A batch, on all cores: `[N, crop, crop, 3]`.
    /// - Throws: `GraftError.invalidData` for the first picture that cannot be read any more.
    package func batch(_ indices: [Int], epoch: Int, threads: Int? = nil) throws(GraftError) -> Tensor {
        try batch(BatchRequest(epoch: epoch, indices: indices), threads: threads)
    }

    /// A batch, on all cores: `[N, crop, crop, 3]`.
    /// - Throws: `GraftError.invalidData` for the first picture that cannot be read any more.
    package func batch(_ request: BatchRequest, threads: Int? = nil) throws(GraftError) -> Tensor {
        let workers: Int
        do { workers = try ThreadPool.count(threads) } catch { throw GraftError(.invalidValue, error) }
        return try join(
            WorkerPool.map(count: request.indices.count, threads: workers) { row(request, $0) })
    }

    /// One picture of a batch.
    func row(_ request: BatchRequest, _ position: Int) -> Result<[Float], GraftError> {
        let index = request.indices[position]
        let path = paths[index]
        do throws(GraftError) {
            let picture = try cache.picture(path) { () throws(GraftError) in
                try Picture(path: path, color: preprocessing.color)
            }
            var row = [Float](repeating: 0, count: rowShape.reduce(1, *))
            let result = row.withUnsafeMutableBufferPointer { target -> Result<Void, GraftError> in
                do throws(GraftError) {
                    try augmentation.write(
                        picture, preprocessing: preprocessing, seed: seed, epoch: request.epoch,
                        index: index + request.repetitions[position] * paths.count, into: target)
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            try result.get()
            return .success(row)
        } catch {
            var error = GraftError(.invalidData, error)
            error.context.file = path
            if error.context.remedy == nil { error.context.remedy = "mend it, or remove it and start again" }
            return .failure(error)
        }
    }

    /// Rows one after the other; or the first error among them.
    func join(_ rows: [Result<[Float], GraftError>]) throws(GraftError) -> Tensor {
        var elements: [Float] = []
        elements.reserveCapacity(rows.count * rowShape.reduce(1, *))
        for row in rows { elements += try row.get() }
        do {
            return try Tensor(shape: [rows.count] + rowShape, elements: elements)
        } catch {
            throw GraftError(.invalidData, error)
        }
    }
}
