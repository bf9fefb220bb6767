import Data
import Engine
import Images
import Inference
import Insight
import Numbers
import Zoo

/// The pictures that all models of a comparison are asked about: those that could be read.
struct ComparedPictures: Sendable {
    /// Of all pictures, those to learn from, and those to count where they are others.
    let train: [Int]
    let test: [Int]
    let labels: [Int]
    let testLabels: [Int]
    /// Of `train`; copies of a picture are in one fold.
    let folds: Folds
    let skipped: [SkippedFile]

    /// - Parameter extraction: of the pictures of both folders, one after the other.
    init(
        _ train: ImageFolder, _ test: ImageFolder?, _ extraction: FeatureExtractor.Extraction, threads: Int?
    ) throws(GraftError) {
        let known = (train.pictures + (test?.pictures ?? [])).map(\.label)
        func readable(_ range: Range<Int>) -> [Int] {
            range.filter { extraction.rows[$0] != nil && known[$0] != nil }
        }
        self.train = readable(0..<train.pictures.count)
        self.test = readable(train.pictures.count..<known.count)
        labels = self.train.compactMap { known[$0] }
        testLabels = self.test.compactMap { known[$0] }
        let own = self.train
        let threads = try ThreadPool.count(threads)
        let facts = WorkerPool.map(count: own.count, threads: threads) { index in
            try? PictureFacts(path: train.pictures[own[index]].path)
        }
        let width = extraction.rows.lazy.compactMap { $0?.count }.first ?? 1
        let rows = try FeatureRows(
            count: own.count, width: width, values: own.flatMap { extraction.rows[$0] ?? [] })
        let groups = CopyGroup.folds(of: facts, features: UnitRows(rows), threads: threads)
        folds = Folds(labels: labels, groups: groups)
        skipped = extraction.skipped
    }

    /// - Throws: `GraftError` `.invalidData` where a class has fewer than two pictures to learn from: in folds, it would
    ///   have none.
    func check(_ folder: ImageFolder) throws(GraftError) {
        for (label, name) in folder.classes.enumerated() {
            let count = labels.count { $0 == label }
            guard count < 2 else { continue }
            throw GraftError(
                .invalidData, "too few pictures of class '\(name)' can be read", file: folder.path,
                expected: "at least 2", found: "\(count)", remedy: "add pictures, or remove the class folder")
        }
    }

    /// Whether the highest score is the right class', a counted picture; the first of equals.
    /// - Parameter scores: `[N, classes]`
    func isRight(_ scores: [Double], classes: Int) -> [Bool] {
        (test.isEmpty ? labels : testLabels).enumerated().map { row, label in
            let values = scores[row * classes..<(row + 1) * classes]
            return values.firstIndex(of: values.max() ?? 0) == row * classes + label
        }
    }
}
