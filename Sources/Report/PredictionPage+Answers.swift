import Data
import Zoo
public import Inference

extension LoadedModel {
    /// The page of `graft predict --html`: each picture with its most probable classes.
    public func page(of predictions: Predictions) -> String {
        let paths = predictions.predictions.map(\.path)
        let cards = zip(predictions.predictions, Thumbnails.make(paths)).map { PictureCard($0, thumbnail: $1) }
        let folder = paths.first.flatMap(PathText.parent(of:))
        return PredictionPage(
            model: name, task: task, cards: cards, skipped: predictions.skipped,
            sample: folder.flatMap(SampleMark.text(for:))
        ).html
    }
}
