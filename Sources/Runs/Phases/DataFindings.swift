import Data
import Engine
import Inference
import Insight
import Learning
import Zoo

/// What is to be said of the pictures of a run, found on the features that its head learns from.
struct DataFindings: Sendable {
    let report: DoctorReport
    /// The error by the number of training pictures; nil where there are too few.
    let curve: CurveReport?

    /// More would take longer than a head does.
    static let mostPictures = 2000

    /// nil for other tasks than one class a picture, for features that are not pooled ones and for too many pictures.
    /// - Parameters:
    ///   - train: of the training pictures.
    ///   - test: of the test pictures; nil for none.
    /// - Throws: `GraftError.cancelled`
    init?(
        _ survey: Survey, train: LabeledFeatures, test: LabeledFeatures?, _ surroundings: RunSurroundings
    ) throws(GraftError) {
        let items = survey.sets.train + survey.sets.test
        guard survey.task == .classification, items.count <= Self.mostPictures, train.features.shape.count == 2,
            let labels = train.targets.classIndices, Set(labels).count > 1,
            items.count == train.count + (test?.count ?? 0),
            let features = try? FeatureRows(
                count: items.count, width: train.features.shape[1],
                values: train.features.elements + (test?.features.elements ?? []))
        else { return nil }
        let threads = try ThreadPool.count(surroundings.threads)
        let interrupter = surroundings.interrupter
        let facts = WorkerPool.map(count: items.count, threads: threads) { index in
            Result { () throws(GraftError) in
                try interrupter.check()
                return try PictureFacts(path: items[index].picture.path)
            }
        }
        try interrupter.check()
        let cases = items.enumerated().map { index, item in
            Doctor.Case(path: item.picture.path, label: item.picture.label ?? 0, isTest: index >= train.count)
        }
        report = Doctor(cases, classes: survey.classes, facts: facts, features: features, threads: threads).examine()
        try interrupter.check()
        curve = try? CurveReport(
            features.rows(Array(0..<train.count)), labels: labels, classes: survey.classes,
            groups: Array(report.groups.prefix(train.count)), strength: report.outOfFold?.strength, threads: threads)
        try interrupter.check()
    }

    /// Of the training pictures, the same number for copies.
    func copies(train: Int) -> [Int] { Array(report.groups.prefix(train)) }
}
