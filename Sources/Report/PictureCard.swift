import Inference
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A picture with what the model says of it.
package struct PictureCard: Sendable {
    /// A class and its probability.
    package struct Guess: Sendable {
        package let name: String
        package let probability: Double

        package init(name: String, probability: Double) {
            self.name = name
            self.probability = probability
        }
    }

    let path: String
    /// What the model says.
    let says: String
    /// What it is, where that is known.
    let truth: String?
    /// Whether the two are the same; nil where nothing is right or wrong.
    let isRight: Bool?
    /// The most probable classes or labels, the highest first; the true ones are among them or follow them.
    let guesses: [Guess]
    /// Those that are true.
    let trueNames: Set<String>
    /// A small JPEG file; nil where none could be made.
    let thumbnail: [UInt8]?
    /// The same with a map of where the model saw what it says; nil where there is none.
    var map: [UInt8]?

    /// A picture of one class.
    package init(path: String, truth: String?, guesses: [Guess], thumbnail: [UInt8]?) {
        let says = guesses.first?.name ?? ""
        self.init(
            path: path, says: says, truth: truth, isRight: truth.map { $0 == says } ?? true, guesses: guesses,
            trueNames: truth.map { [$0] } ?? [], thumbnail: thumbnail)
    }

    init(
        path: String, says: String, truth: String?, isRight: Bool?, guesses: [Guess], trueNames: Set<String>,
        thumbnail: [UInt8]?
    ) {
        self.path = path
        self.says = says
        self.truth = truth
        self.isRight = isRight
        self.guesses = guesses
        self.trueNames = trueNames
        self.thumbnail = thumbnail
    }

    /// A picture as `graft predict` answers it.
    init(_ prediction: Prediction, thumbnail: [UInt8]?) {
        let says =
            if let values = prediction.values {
                values.count == 1
                    ? NumberText.figure(values[0].value)
                    : values.map { "\($0.name) \(NumberText.figure($0.value))" }.joined(separator: ", ")
            } else if let labels = prediction.labels {
                labels.isEmpty ? "no label" : labels.joined(separator: ", ")
            } else {
                prediction.top.first?.name ?? ""
            }
        self.init(
            path: prediction.path, says: says, truth: nil, isRight: prediction.values == nil ? true : nil,
            guesses: prediction.top.map { Guess(name: $0.name, probability: $0.probability) },
            trueNames: Set(prediction.labels ?? []), thumbnail: thumbnail)
    }

    var markup: Markup {
        let kind = isRight.map { $0 ? "hit" : "miss" } ?? ""
        let image: Markup =
            thumbnail.map { bytes in
                """
                <img alt="\(path.shown)" loading="lazy" src="data:image/jpeg;base64,\(Data(bytes).base64EncodedString())">
                """
            } ?? "<div class=\"blank\"></div>"
        let heat: Markup =
            map.map { bytes in
                """
                <img class="heat" alt="where it saw \(says)" loading="lazy" \
                src="data:image/jpeg;base64,\(Data(bytes).base64EncodedString())">
                """
            } ?? ""
        let bars: [Markup] = guesses.enumerated().map { index, guess in
            let mark: Markup = trueNames.contains(guess.name) ? " class=\"true\"" : ""
            return """
                <div\(mark)><span title="\(guess.name)"><bdi>\(guess.name)</bdi></span>\
                <em>\(NumberText.percent(guess.probability))</em><i style="--v:\(guess.probability)"></i></div>
                """
        }
        let truthLine: Markup =
            truth.map { truth in
                isRight == true ? "<p class=\"is\">right</p>" : "<p class=\"is\">is <bdi>\(truth)</bdi></p>"
            } ?? ""
        return """
            <figure class="card \(kind)"><div class="look">\(image)\(heat)</div><figcaption><p class="says"><bdi>\(says)</bdi></p>\(truthLine)\
            <div class="bars">\(bars)</div><p class="file"><bdi>\(shortPath)</bdi></p></figcaption></figure>

            """
    }

    /// The last two components: the class folder and the file.
    private var shortPath: String { path.shown.split(separator: "/").suffix(2).joined(separator: "/") }

    /// Cards beside each other. Where there are maps, a switch shows and hides them: it takes no script.
    static func grid(_ cards: [PictureCard]) -> Markup {
        let number = cards.first.map { abs($0.path.utf8.reduce(17) { ($0 &* 31 &+ Int($1)) % 1_000_003 }) } ?? 0
        let control: Markup =
            cards.contains { $0.map != nil }
            ? """
            <input type="checkbox" class="heat-switch" id="heat-\(number)-\(cards.count)"><label \
            for="heat-\(number)-\(cards.count)">show where the model looked (not why)</label>

            """ : ""
        return "\(control)<div class=\"grid\">\n\(cards.map(\.markup))</div>\n"
    }
}
