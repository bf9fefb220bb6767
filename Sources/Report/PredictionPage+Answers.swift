import Data
import Zoo
public import Inference

extension LoadedModel {
    /// The page of `graft predict --html`: each picture with its most probable classes.
    public func page(of predictions: Predictions) -> String {
        let paths = predictions.predictions.map(\.path)
        let cards = zip(predictions.predictions, Thumbnails.make(paths)).map { prediction, thumbnail in
            PictureCard(
                path: prediction.path, truth: nil,
                guesses: prediction.top.map { PictureCard.Guess(name: $0.name, probability: $0.probability) },
                thumbnail: thumbnail)
        }
        let folder = paths.first.flatMap(PathText.parent(of:))
        return PredictionPage(
            model: name, cards: cards, skipped: predictions.skipped,
            sample: folder.flatMap(SampleMark.text(for:))
        ).html
    }
}
