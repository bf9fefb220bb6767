import Data
package import Images
package import Inference
package import Zoo

/// A folder's pictures, prepared and in two parts: those that ranges are found on, and others that it is judged on. Copies of a
/// file count once.
package struct QuantizationPictures: Sendable {
    /// `[N, H, W, C]`
    package let calibration: Tensor
    /// `[N, H, W, C]`
    package let judged: Tensor
    /// Of the judged pictures, the classes, where the folder's are the model's.
    package let labels: [Int?]
    package let skipped: [SkippedFile]

    /// - Parameter progress: called after each picture, never on two threads at once.
    /// - Throws: `GraftError.invalidData` for fewer pictures than can be relied on.
    package init(
        folder: String, for loaded: LoadedModel, progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) throws(GraftError) {
        let labelled = try? ImageFolder(path: folder, testing: loaded.classes)
        let known = try? labelled?.labels(for: "graft quantize")
        let paths: [String]
        if let labelled { paths = labelled.pictures.map(\.path) } else { paths = try PictureList.expand([folder]) }
        let most = Quantizer.mostCalibrated + Quantizer.mostJudged
        // Some of many, from all over the folder.
        let order = CounterRandom(seed: 0, purpose: .split).permutation(count: paths.count, round: 0)
        let chosen = Array(order.prefix(most + most / 8))
        let extractor = try FeatureExtractor(
            prefix: nil, weights: StateDict(), weightsSHA256: "", preprocessing: loaded.preprocessing, cache: nil)
        let found = try extractor.extract(
            chosen.map { FeatureExtractor.Item(path: paths[$0]) }, threads: loaded.threads
        ) { progress($0.done, $0.total) }
        skipped = found.skipped
        var seen: Set<String> = []
        let good = chosen.indices.filter { found.rows[$0] != nil && seen.insert(found.digests[$0]).inserted }
            .prefix(most)
        let half = min(Quantizer.mostCalibrated, good.count / 2)
        guard half >= Quantizer.fewest else {
            throw GraftError(
                .invalidData, "too few pictures to find ranges on and to judge by others", file: folder,
                expected: "at least \(2 * Quantizer.fewest) different pictures", found: "\(good.count)",
                remedy: "add pictures like those that the model will see; labels are not needed")
        }
        func tensor(_ places: ArraySlice<Int>) throws(GraftError) -> Tensor {
            var elements: [Float] = []
            for place in places { elements += found.rows[place] ?? [] }
            return try Tensor(shape: [places.count] + extractor.shape, elements: elements)
        }
        let rest = good.dropFirst(half)
        calibration = try tensor(good.prefix(half))
        judged = try tensor(rest)
        labels = rest.map { place in known.flatMap { $0 }.map { $0[chosen[place]] } }
    }
}
