package import Images
import Zoo

/// The page of `graft predict --html`: every picture with its most probable classes.
package struct PredictionPage: Sendable {
    let model: String
    let cards: [PictureCard]
    let skipped: [SkippedFile]
    let sample: String?

    package init(model: String, cards: [PictureCard], skipped: [SkippedFile], sample: String? = nil) {
        self.model = model
        self.cards = cards
        self.skipped = skipped
        self.sample = sample
    }

    package var html: String {
        let heading = NumberText.counted(cards.count, "picture")
        let items: [Markup] = skipped.map { "<li><bdi>\($0.path.shown)</bdi>: \($0.reason)</li>\n" }
        let left: Markup =
            items.isEmpty
            ? ""
            : Page.section(
                "Left out", "\(NumberText.counted(items.count, "file")) could not be read.",
                "<div class=\"card\" style=\"padding:4px 18px 14px\"><ul>\(items)</ul></div>\n")
        let body: Markup = """
            <header>
            <p class="kicker">Graft · predictions</p>
            <h1>\(heading)</h1>
            <p class="lead">As <bdi>\(model.shown)</bdi> sees them. A probability is about the model's own classes: a picture of \
            something else gets one of them too.</p>
            \(Page.sampleStrip(sample))</header>
            <section>
            \(PictureCard.grid(cards))</section>
            \(left)<footer>Written by Graft. This page loads nothing and runs nothing.</footer>

            """
        return Page(title: "\(heading), \(model.shown)", body: body).html
    }
}
