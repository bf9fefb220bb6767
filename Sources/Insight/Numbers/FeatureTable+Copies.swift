import Engine
import Inference

extension FeatureTable {
    /// For each picture that could be read, the same number for copies of one another, which belong in one fold.
    /// - Parameters:
    ///   - paths: those that the table was made of.
    ///   - progress: called after each picture, never on two threads at once.
    package func copies(
        of paths: [String], threads: Int, progress: @Sendable (_ done: Int) -> Void = { _ in }
    ) -> [Int] {
        let read = read
        let facts = WorkerPool.map(count: read.count, threads: threads) { index in
            try? PictureFacts(path: paths[read[index]])
        } done: {
            progress($0)
        }
        return CopyGroup.folds(of: facts, features: UnitRows(rows.rows(read)), threads: threads)
    }
}
