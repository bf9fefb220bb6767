package import Images
package import Zoo

/// The page of `graft predict --html`: every picture with its most probable classes.
package struct PredictionPage: Sendable {
    let model: String
    let task: ModelTask
    let cards: [PictureCard]
    let skipped: [SkippedFile]
    let sample: String?

    package init(
        model: String, task: ModelTask = .classification, cards: [PictureCard], skipped: [SkippedFile],
        sample: String? = nil
    ) {
        self.model = model
        self.task = task
        self.cards = cards
        self.skipped = skipped
        self.sample = sample
    }

    private var explained: String {
        switch task {
        case .classification:
            "A probability is about the model's own classes: a picture of something else gets one of them too."
        case .multilabel: "Each label has a probability of its own; those in colour are told."
        case .regression: "Numbers are in the unit of the pictures that the model learnt from."
        }
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
            <p class="lead">As <bdi>\(model.shown)</bdi> sees them. \(explained)</p>
            \(Page.sampleStrip(sample))</header>
            <section>
            \(PictureCard.grid(cards))</section>
            \(left)<footer>Written by Graft. This page loads nothing and runs nothing.</footer>

            """
        return Page(title: "\(heading), \(model.shown)", body: body).html
    }
}
