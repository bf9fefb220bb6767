public import Zoo

/// The vote of the training pictures that are most alike, by the cosine of their features: made in one pass, without any
/// training, and each answer can be traced to pictures (DINOv2's evaluation, arXiv:2304.07193).
///
/// It keeps the features of its pictures, so a model with it is larger the more there are, by 4 bytes a feature.
///
/// Options: `neighbours`, how many vote (20); `temperature`, the larger, the less it matters how alike they are (0.07);
/// `pictures`, how many are kept, of every class the same share (all, up to 10,000).
public struct NeighboursHead: Head {
    /// The word in configurations.
    public static let kind = "knn"

    /// More are kept only where that is asked for.
    static let mostPictures = 10_000

    private let neighbours: Int
    private let temperature: Double
    private var pictures: Int?

    /// Reads the options above.
    public init(options: inout Options, for backbone: any Backbone) throws(GraftError) {
        neighbours = try options.integer("neighbours", in: 1...1000) ?? 20
        temperature = try options.number("temperature", in: 1e-4...1e4) ?? 0.07
        pictures = try options.integer("pictures", in: 1...100_000)
    }

    /// The options, defaults filled in.
    public var options: [String: OptionValue] {
        var options: [String: OptionValue] = [
            "neighbours": .number(Double(neighbours)), "temperature": .number(temperature),
        ]
        if let pictures { options["pictures"] = .number(Double(pictures)) }
        return options
    }

    /// The same with room for that many.
    public func made(of pictures: Int) -> NeighboursHead {
        var head = self
        head.pictures = self.pictures ?? min(pictures, Self.mostPictures)
        return head
    }

    /// Pictures of one class each.
    public var tasks: Set<ModelTask> { [.classification] }

    /// `[N, features]` to `[N, outputs]`.
    public func layers(in context: HeadContext) -> [any Layer] {
        Normalize().named("normalize")
        Dense(room, bias: false).named("known")
        NeighbourVotes(pictures: room, outputs: context.outputs, count: neighbours, temperature: temperature)
            .named("votes")
    }

    private var room: Int { pictures ?? 1 }

    /// true: the features are all there is to it.
    public var isMadeInOnePass: Bool { true }

    /// Every row at length 1, and its label. Of more rows than there is room for, of every class the same share; places that are left over
    /// are no pictures.
    public func fit(features: Tensor, targets: Targets, in context: HeadContext) throws(GraftError) -> HeadFit? {
        guard let labels = targets.classIndices, features.shape.count == 2, labels.count == features.shape[0] else {
            throw GraftError(
                .invalidValue, "neighbours need pictures of one class each", parameter: "head.kind",
                found: targets.kind, remedy: "choose another head, as in 'linear'")
        }
        let width = features.shape[1]
        var known = [Float](repeating: 0, count: room * width)
        var numbers = [Float](repeating: -1, count: room)
        for (place, row) in Self.chosen(labels, room).enumerated() {
            let values = features.elements[row * width..<(row + 1) * width]
            let length = max(squares(values.map(Double.init)).squareRoot(), 1e-12)
            for (index, value) in values.enumerated() { known[place * width + index] = Float(Double(value) / length) }
            numbers[place] = Float(labels[row])
        }
        var tensors = StateDict()
        tensors["known.weight"] = try Tensor(shape: [room, width], elements: known)
        tensors["votes.labels"] = try Tensor(shape: [room], elements: numbers)
        tensors["votes.scale"] = Tensor(shape: [1], repeating: 1)
        return HeadFit(tensors)
    }

    /// The rows that are kept, in their order: of each class the same share, at even distances.
    package static func chosen(_ labels: [Int], _ room: Int) -> [Int] {
        guard labels.count > room else { return Array(labels.indices) }
        // Class after class, every n-th: each class has its share, to a picture.
        let sorted = labels.indices.sorted { (labels[$0], $0) < (labels[$1], $1) }
        return (0..<room).map { sorted[(2 * $0 + 1) * labels.count / (2 * room)] }.sorted()
    }
}
