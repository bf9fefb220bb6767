import Data
import Images
public import Inference
import Learning
public import Zoo

extension LoadedModel {
    /// Counts how many pictures of a folder of class folders the model gets right.
    /// - Parameters:
    ///   - decoding: whether large JPEG files may be decoded at a part of their size.
    ///   - progress: called after each picture, never on two threads at once.
    /// - Throws: `GraftError` `.invalidData` for a folder without pictures, or with classes that the model lacks;
    ///   `.cancelled`.
    public func evaluate(
        _ folder: String, decoding: PictureDecoding = .exact,
        progress: @Sendable (FeatureProgress) -> Void = { _ in }
    ) async throws(GraftError) -> FolderEvaluation {
        let pictures = try ImageFolder(path: folder, testing: classes)
        let answers = try await logits(
            of: pictures.pictures.map { .path($0.path) }, decoding: decoding, progress: progress)
        var skipped: [SkippedFile] = []
        var labels: [Int] = []
        var rows: [Float] = []
        for (picture, answer) in zip(pictures.pictures, answers) {
            switch answer {
            case .failure(let file): skipped.append(file)
            case .success(let logits):
                labels.append(picture.label)
                rows += temperature == 1 ? logits : logits.map { Float(Double($0) / temperature) }
            }
        }
        guard !labels.isEmpty else {
            throw GraftError(
                .invalidData, "no picture can be read", file: folder, found: skipped.first?.reason)
        }
        let logits = try Tensor(shape: [labels.count, model.outputs], elements: rows)
        return FolderEvaluation(
            evaluation: try Evaluation(logits: logits, labels: labels, classes: classes),
            skipped: skipped, notes: pictures.notes)
    }
}
