import Engine
public import Images
import Zoo

/// What a model says of pictures: the document of `graft predict --json`.
public struct Predictions: Sendable, Hashable, Encodable {
    /// In the order of the pictures.
    public let predictions: [Prediction]
    /// Pictures that could not be read.
    public let skipped: [SkippedFile]
}

/// What a model says of one picture.
public struct Prediction: Sendable, Hashable, Encodable {
    /// A class and how probable it is.
    public struct Guess: Sendable, Hashable, Encodable {
        /// The class.
        public let name: String
        /// Its place in the order of the outputs.
        public let index: Int
        /// The softmax (of a single logit, the sigmoid) of the logits, from 0 to 1: among the model's own classes, whatever the picture shows.
        public let probability: Double

        private enum CodingKeys: String, CodingKey {
            case name = "class"
            case index, probability
        }
    }

    /// The file as it was named.
    public let path: String
    /// The most probable classes, the first one first.
    public let top: [Guess]
    /// One value a class, or one value for two classes. Left out of the document unless it is asked for: see `withoutLogits`.
    public let logits: [Float]?
    /// Whether the picture is none of the model's classes; nil for a model that cannot tell.
    public let isStranger: Bool?

    private enum CodingKeys: String, CodingKey {
        case path, top, logits
        case isStranger = "none_of_these"
    }

    /// - Parameters:
    ///   - temperature: what logits are divided by before they become probabilities.
    init(
        path: String, logits: [Float], classes: [String], top: Int, temperature: Double = 1,
        isStranger: ((_ confidence: Double) -> Bool)? = nil
    ) {
        let scores = Self.scores(logits, classes: classes.count)
        let probabilities = softmax(temperature == 1 ? scores : scores.map { $0 / temperature }).probabilities
        let ranked = classes.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
        self.path = path
        self.logits = logits
        self.top = ranked.prefix(max(0, top)).map { index in
            Guess(name: classes[index], index: index, probability: probabilities[index])
        }
        self.isStranger = isStranger?(probabilities.max() ?? 0)
    }

    /// One score a class: of one logit, 0 for the first class and the logit for the second (a sigmoid). A class that is
    /// alone has the score of a yes against a no, which stands behind it.
    private static func scores(_ logits: [Float], classes: Int) -> [Double] {
        guard logits.count == 1 else { return logits.map(Double.init) }
        return classes == 1 ? [Double(logits[0]), 0] : [0, Double(logits[0])]
    }

    /// The path is escaped: `caf\xE9.jpg`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(path.shown, forKey: .path)
        try container.encode(top, forKey: .top)
        try container.encodeIfPresent(logits, forKey: .logits)
        try container.encodeIfPresent(isStranger, forKey: .isStranger)
    }

    private init(path: String, top: [Guess], isStranger: Bool?) {
        self.path = path
        self.top = top
        self.isStranger = isStranger
        logits = nil
    }

    /// The same without the logits.
    public var withoutLogits: Prediction { Prediction(path: path, top: top, isStranger: isStranger) }
}

extension Predictions {
    /// The same without the logits.
    public var withoutLogits: Predictions {
        Predictions(predictions: predictions.map(\.withoutLogits), skipped: skipped)
    }
}
