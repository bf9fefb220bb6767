import Data
import Images
public import Inference
import Objectives
import Weights
public import Zoo

extension LoadedModel {
    /// Counts how many pictures of a folder of class folders, or of a table, the model gets right.
    /// - Parameters:
    ///   - decoding: whether large JPEG files may be decoded at a part of their size.
    ///   - progress: called after each picture, never on two threads at once.
    /// - Throws: `GraftError` `.invalidData` for a folder without pictures, or with classes that the model lacks;
    ///   `.cancelled`.
    public func evaluate(
        _ folder: String, decoding: PictureDecoding = .exact,
        progress: @Sendable (FeatureProgress) -> Void = { _ in }
    ) async throws(GraftError) -> FolderEvaluation {
        let pictures = try ImageFolder(
            path: folder, testing: classes, reading: TableReading(task: metadata.task))
        let answers = try await logits(
            of: pictures.pictures.map { .path($0.path) }, decoding: decoding, progress: progress)
        var skipped: [SkippedFile] = []
        var targets: [Target] = []
        var rows: [Float] = []
        for (picture, answer) in zip(pictures.pictures, answers) {
            switch answer {
            case .failure(let file): skipped.append(file)
            case .success(let logits):
                targets.append(picture.target)
                rows += temperature == 1 ? logits : logits.map { Float(Double($0) / temperature) }
            }
        }
        guard !targets.isEmpty else {
            throw GraftError(
                .invalidData, "no picture can be read", file: folder, found: skipped.first?.reason)
        }
        let logits = try Tensor(shape: [targets.count, model.outputs], elements: rows)
        return FolderEvaluation(
            assessment: try Assessment(
                outputs: logits, targets: Targets(targets, task: metadata.task, columns: classes.count),
                names: classes, thresholds: metadata.thresholds),
            skipped: skipped, notes: pictures.notes)
    }
}
