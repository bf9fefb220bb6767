import Zoo

/// Pictures that could be read, with their features.
struct FeatureSet: Sendable {
    struct Item: Sendable {
        let picture: LabelledPicture
        let digest: String
        let features: [Float]
    }

    var items: [Item]

    init(items: [Item]) { self.items = items }

    /// - Parameter extraction: of `pictures`, in their order.
    init(_ pictures: [LabelledPicture], _ extraction: FeatureExtractor.Extraction, from start: Int) {
        items = pictures.enumerated().compactMap { index, picture in
            extraction.rows[start + index].map {
                Item(picture: picture, digest: extraction.digests[start + index], features: $0)
            }
        }
    }

    /// For the trainer; nil for no pictures.
    func labelled() throws(ZooError) -> LabeledFeatures? {
        guard let first = items.first else { return nil }
        return LabeledFeatures(
            features: try Tensor(shape: [items.count, first.features.count], elements: items.flatMap(\.features)),
            labels: items.map(\.picture.label))
    }

    /// Files that are on both sides: what flatters a test.
    static func leaks(train: FeatureSet, test: FeatureSet) -> String? {
        let known = Dictionary(train.items.map { ($0.digest, $0.picture.path) }) { first, _ in first }
        let pairs = test.items.compactMap { item in known[item.digest].map { (item.picture.path, $0) } }
        guard let first = pairs.first else { return nil }
        return
            "\(counted(pairs.count, "test picture")) \(pairs.count == 1 ? "is" : "are") also among the training pictures "
            + "('\(first.0)' is '\(first.1)'): the test flatters the model"
    }

    /// Files that are in two classes: no model can get both right.
    func contradictions() -> String? {
        var seen: [String: LabelledPicture] = [:]
        var pairs: [(String, String)] = []
        for item in items {
            if let other = seen[item.digest] {
                if other.label != item.picture.label { pairs.append((other.path, item.picture.path)) }
            } else {
                seen[item.digest] = item.picture
            }
        }
        guard let first = pairs.first else { return nil }
        return "\(counted(pairs.count, "picture")) \(pairs.count == 1 ? "is" : "are") in two classes "
            + "('\(first.0)' is '\(first.1)')"
    }
}
