package import Images
package import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One picture as a network would see it in epoch after epoch, for a person to look at.
package struct AugmentationSheet: Sendable {
    private let path: String
    private let augmentation: Augmentation
    private let plain: Picture
    private let epochs: [Picture]

    /// - Throws: `GraftError` for a picture that cannot be read or prepared.
    package init(
        path: String, augmentation: Augmentation, preprocessing: Preprocessing, seed: UInt64, epochs: Int
    ) throws(GraftError) {
        let picture = try Picture(path: path, color: preprocessing.color)
        self.path = path
        self.augmentation = augmentation
        plain = try preprocessing.crop(of: picture)
        var pictures: [Picture] = []
        for epoch in 0..<max(0, epochs) {
            pictures.append(
                try augmentation.picture(
                    picture, preprocessing: preprocessing, seed: seed, epoch: epoch + 1, index: 0))
        }
        self.epochs = pictures
    }

    /// All in one picture, the plain one first, on a white ground.
    package func picture() throws(GraftError) -> Picture {
        let all = [plain] + epochs
        var columns = 1
        while columns * columns < all.count { columns += 1 }
        let rows = (all.count + columns - 1) / columns
        let (side, gap) = (plain.width, 4)
        let (width, height) = (columns * (side + gap) + gap, rows * (side + gap) + gap)
        let limits = ImageLimits()
        guard width <= limits.side, height <= limits.side, width * height <= limits.pixels else {
            throw GraftError(
                .invalidValue, "the sheet is too large", expected: "sides of at most \(limits.side) pixels",
                found: "\(width)x\(height)", remedy: "show fewer epochs")
        }
        var pixels = [UInt8](repeating: 255, count: width * height * 3)
        for (number, picture) in all.enumerated() {
            let top = gap + number / columns * (side + gap), left = gap + number % columns * (side + gap)
            for row in 0..<side {
                let start = ((top + row) * width + left) * 3
                pixels.replaceSubrange(
                    start..<start + side * 3, with: picture.pixels[row * side * 3..<(row + 1) * side * 3])
            }
        }
        return try Picture(width: width, height: height, pixels: pixels)
    }

    /// A page that loads nothing.
    package func html() throws(GraftError) -> String {
        var cards: [Markup] = [Self.card(try plain.jpeg(quality: 90), "as in prediction")]
        for (number, picture) in epochs.enumerated() {
            cards.append(Self.card(try picture.jpeg(quality: 90), "epoch \(number + 1)"))
        }
        let body: Markup = """
            <header>
            <p class="kicker">Graft · augmentation</p>
            <h1><bdi>\(path.shown)</bdi></h1>
            <p class="lead">What a network sees of this picture while it learns: \(augmentation.description). \
            Can you still tell what it is?</p>
            </header>
            <section>
            <div class="grid">
            \(cards)</div>
            </section>
            <footer>Written by Graft. This page loads nothing and runs nothing.</footer>

            """
        return Page(title: "augmentation of \(path.shown)", body: body).html
    }

    private static func card(_ jpeg: [UInt8], _ caption: String) -> Markup {
        """
        <figure class="card hit"><img alt="\(caption)" src="data:image/jpeg;base64,\(Data(jpeg).base64EncodedString())">\
        <figcaption><p class="file">\(caption)</p></figcaption></figure>

        """
    }
}
