import Data
import Exchange
import Zoo
public import Inference

extension LoadedModel {
    /// The page of `graft predict --html`: each picture with its most probable classes.
    public func page(of predictions: Predictions) -> String {
        let paths = predictions.predictions.map(\.path)
        var cards = zip(predictions.predictions, Thumbnails.make(paths, threads: threads)).map {
            PictureCard($0, thumbnail: $1)
        }
        if task != .regression, let graph = try? model.graph(imageSize: Extent(preprocessing.crop)),
            let looks = LookedAt(
                graph, weights: content.tensors, preprocessing: preprocessing, threads: threads)
        {
            let maps = looks.maps(of: predictions.predictions.map { ($0.path, $0.top.first?.index ?? 0) })
            for index in cards.indices { cards[index].map = maps[index] }
        }
        let folder = paths.first.flatMap(PathText.parent(of:))
        return PredictionPage(
            model: name, task: task, cards: cards, skipped: predictions.skipped,
            sample: folder.flatMap(SampleMark.text(for:))
        ).html
    }
}
