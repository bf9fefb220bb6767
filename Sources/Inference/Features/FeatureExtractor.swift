package import Engine
package import Images
import Weights
package import Zoo

/// How far reading and computing is.
public struct FeatureProgress: Sendable, Hashable {
    /// Pictures dealt with.
    public let done: Int
    /// Pictures in all.
    public let total: Int
    /// Of those done, how many the cache knew.
    public let cached: Int
}

/// Features of pictures: what the frozen part of a model makes of them, computed once.
package struct FeatureExtractor: Sendable {
    private let runner: PictureRunner
    /// Of one picture's features: `[features]`, or `[H, W, C]`.
    package let shape: [Int]
    private let store: FeatureStore?

    /// - Parameters:
    ///   - prefix: the frozen part, from `[H, W, 3]` to features; nil for the prepared pictures themselves, which are never
    ///     kept on disk.
    ///   - weights: its parameters; more are ignored.
    ///   - weightsSHA256: identifies them in the cache.
    ///   - cache: the directory that features are kept in, nil to compute all anew.
    ///   - quantization: what is computed in 8 bits.
    ///   - precision: of the rest.
    package init(
        prefix: Graph?, weights: StateDict, weightsSHA256: String, preprocessing: Preprocessing, cache: String?,
        quantization: Quantization? = nil, precision: Precision = .float32
    ) throws(GraftError) {
        do {
            guard let prefix else {
                shape = [preprocessing.crop, preprocessing.crop, 3]
                runner = PictureRunner(plan: nil, preprocessing: preprocessing)
                store = nil
                return
            }
            let plan = try InferencePlan(
                prefix, weights: weights, imageSize: Extent(preprocessing.crop), threads: 1, quantization: quantization,
                precision: precision)
            shape = plan.outputShape
            runner = PictureRunner(plan: plan, preprocessing: preprocessing)
            let set = try KernelSet.chosen()
            // Sums of pairs have an order of their own in each set of kernels.
            let kernels =
                precision == .float32 ? set.name : "\(set.name) \(try precision.reach(in: prefix)) \(set.pairs.name)"
            store = cache.map { cache in
                FeatureStore(
                    directory: cache,
                    key: FeatureKey(
                        prefix: prefix, weightsSHA256: weightsSHA256, preprocessing: preprocessing, kernels: kernels,
                        quantization: quantization))
            }
        } catch {
            throw GraftError(.invalidModel, error)
        }
    }

    /// What became of a list of pictures.
    package struct Extraction: Sendable {
        /// One a picture; nil for one that could not be read.
        package let rows: [[Float]?]
        /// SHA-256 of each file; empty for one that could not be read.
        package let digests: [String]
        /// The pictures without a row, in order.
        package let skipped: [SkippedFile]
        /// Rows that the cache knew.
        package let cached: Int
        /// Why new rows could not be kept, where they could not.
        package let cacheProblem: String?
    }

    /// A picture, and the SHA-256 of its file where that is known.
    package struct Item: Sendable {
        package let path: String
        package let digest: String?

        package init(path: String, digest: String? = nil) {
            self.path = path
            self.digest = digest
        }
    }

    /// Reads and runs every picture, on all cores. The result does not depend on how many there are, nor on the caches.
    /// - Parameters:
    ///   - isStrict: whether a picture that cannot be read is an error.
    ///   - keepsRows: false to look only which pictures can be read: their rows are empty.
    ///   - pictures: decoded pictures; new ones are kept there.
    ///   - ranks: processes that read other parts of the list. Rank 0 keeps what is new.
    ///   - progress: called after each of this process's pictures, never on two threads at once.
    /// - Throws: `GraftError` `.invalidData` for the first unreadable picture, in the strict case; `.cancelled`.
    package func extract(
        _ items: [Item], isStrict: Bool = false, keepsRows: Bool = true,
        pictures: PictureCache = PictureCache(limit: 0),
        threads: Int? = nil, ranks: (any Ranks)? = nil, interrupter: Interrupter = Interrupter(),
        progress: @Sendable (FeatureProgress) -> Void = { _ in }
    ) throws(GraftError) -> Extraction {
        let workers = try ThreadPool.count(threads)
        let known = store?.load(dimension: shape.reduce(1, *)) ?? FeatureStore.Content()
        let cachedCount = Counter()
        let own = ranks.map { $0.even(items.count)[$0.rank] } ?? 0..<items.count
        var rows = WorkerPool.map(count: own.count, threads: workers) { index -> FeatureRow in
            if interrupter.isCancelled { return FeatureRow(result: .success([])) }
            let row = row(of: items[own.lowerBound + index], known, keepsRows: keepsRows, pictures)
            if row.isCached { cachedCount.increment() }
            return row
        } done: { finished in
            progress(FeatureProgress(done: finished, total: own.count, cached: cachedCount.value))
        }
        try interrupter.check()
        if let ranks { rows = try FeatureRow.gather(rows, of: ranks) }
        var skipped: [SkippedFile] = []
        var new: [(digest: String, features: [Float])] = []
        for row in rows {
            switch row.result {
            case .success(let features):
                if !row.isCached, known[row.digest] == nil { new.append((row.digest, features)) }
            case .failure(let file): skipped.append(file)
            }
        }
        if isStrict, let first = skipped.first {
            throw GraftError(
                .invalidData, first.reason, file: first.path,
                remedy: "mend or remove it, or leave out strict to skip it")
        }
        let keeper = (ranks?.rank ?? 0) == 0 ? store : nil
        let problem = keeper?.save(new, beside: known, used: Set(rows.filter(\.isCached).map(\.digest)))
        return Extraction(
            rows: rows.map { try? $0.result.get() }, digests: rows.map(\.digest), skipped: skipped,
            cached: rows.count(where: \.isCached), cacheProblem: problem)
    }

    private func row(of item: Item, _ known: FeatureStore.Content, keepsRows: Bool, _ pictures: PictureCache)
        -> FeatureRow
    {
        let path = item.path
        do throws(GraftError) {
            if let digest = item.digest {
                if let features = known[digest] {
                    return FeatureRow(digest: digest, result: .success(features), isCached: true)
                }
                if let picture = pictures[path] {
                    return FeatureRow(digest: digest, result: .success(try runner.run(.picture(picture, name: path))))
                }
            }
            let (bytes, digest) = try PictureRunner.read(path)
            if let features = known[digest] {
                return FeatureRow(digest: digest, result: .success(features), isCached: true)
            }
            let picture = try runner.picture(of: bytes, name: path)
            pictures.keep(picture, path: path)
            return FeatureRow(
                digest: digest, result: .success(keepsRows ? try runner.run(.picture(picture, name: path)) : []))
        } catch {
            return FeatureRow(result: .failure(SkippedFile(path: path, error)))
        }
    }
}
