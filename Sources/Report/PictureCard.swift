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
    /// The class that the folder says, where there is one.
    let truth: String?
    /// The most probable classes, the highest first; the true one is among them or follows them.
    let guesses: [Guess]
    /// A small JPEG file; nil where none could be made.
    let thumbnail: [UInt8]?

    package init(path: String, truth: String?, guesses: [Guess], thumbnail: [UInt8]?) {
        self.path = path
        self.truth = truth
        self.guesses = guesses
        self.thumbnail = thumbnail
    }

    var markup: Markup {
        let says = guesses.first?.name ?? ""
        let kind = truth.map { $0 == says ? "hit" : "miss" } ?? "hit"
        let image: Markup =
            thumbnail.map { bytes in
                """
                <img alt="\(path.shown)" loading="lazy" src="data:image/jpeg;base64,\(Data(bytes).base64EncodedString())">
                """
            } ?? "<div class=\"blank\"></div>"
        let bars: [Markup] = guesses.enumerated().map { index, guess in
            let mark: Markup = guess.name == truth ? " class=\"true\"" : ""
            return """
                <div\(mark)><span title="\(guess.name)"><bdi>\(guess.name)</bdi></span>\
                <em>\(NumberText.percent(guess.probability))</em><i style="--v:\(guess.probability)"></i></div>
                """
        }
        let truthLine: Markup =
            switch truth {
            case nil: ""
            case says?: "<p class=\"is\">right</p>"
            case let truth?: "<p class=\"is\">is <bdi>\(truth)</bdi></p>"
            }
        return """
            <figure class="card \(kind)">\(image)<figcaption><p class="says"><bdi>\(says)</bdi></p>\(truthLine)\
            <div class="bars">\(bars)</div><p class="file"><bdi>\(shortPath)</bdi></p></figcaption></figure>

            """
    }

    /// The last two components: the class folder and the file.
    private var shortPath: String { path.shown.split(separator: "/").suffix(2).joined(separator: "/") }

    static func grid(_ cards: [PictureCard]) -> Markup { "<div class=\"grid\">\n\(cards.map(\.markup))</div>\n" }
}
