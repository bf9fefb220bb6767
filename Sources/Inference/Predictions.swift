public import Images
import Zoo

/// What a model says of pictures: the document of `graft predict --json`.
public struct Predictions: Sendable, Hashable {
    /// In the order of the pictures.
    public let predictions: [Prediction]
    /// Pictures that could not be read.
    public let skipped: [SkippedFile]
}

/// What a model says of one picture.
public struct Prediction: Sendable, Hashable {
    /// A class and how probable it is.
    public struct Guess: Sendable, Hashable {
        /// The class.
        public let name: String
        /// Its place in the order of the outputs.
        public let index: Int
        /// The softmax (of a single logit, the sigmoid) of the logits, from 0 to 1: among the model's own classes, whatever the picture shows.
        public let probability: Double
    }

    /// One of a model's numbers.
    public struct Value: Sendable, Hashable {
        /// What it is of.
        public let name: String
        /// In the unit that the model was trained with.
        public let value: Double
    }

    /// The file as it was named.
    public let path: String
    /// The most probable classes or labels, the first one first; empty for a model that answers numbers.
    public let top: [Guess]
    /// The labels that are told, the most probable one first; nil for a model of another kind.
    public let labels: [String]?
    /// Numbers, in the order of the outputs; nil for a model of another kind.
    public let values: [Value]?
    /// One value a class, or one value for two classes. Left out of the document unless it is asked for: see `withoutLogits`.
    public let logits: [Float]?
    /// Whether the picture is none of the model's classes; nil for a model that cannot tell.
    public let isStranger: Bool?

    init(
        path: String, outputs: [Float], reading: AnswerReading, top: Int,
        isStranger: ((_ confidence: Double) -> Bool)? = nil
    ) {
        let figures = reading.figures(outputs)
        self.path = path
        logits = outputs
        let ranked = reading.task == .regression ? [] : reading.ranked(outputs)
        self.top = ranked.prefix(max(0, top)).map { index in
            Guess(name: reading.names[index], index: index, probability: figures[index])
        }
        labels =
            reading.task == .multilabel
            ? ranked.filter { figures[$0] >= reading.thresholds[$0] }.map { reading.names[$0] } : nil
        values =
            reading.task == .regression ? zip(reading.names, figures).map { Value(name: $0, value: $1) } : nil
        self.isStranger = isStranger?(figures.max() ?? 0)
    }

    private init(_ other: Prediction, logits: [Float]?) {
        path = other.path
        top = other.top
        labels = other.labels
        values = other.values
        isStranger = other.isStranger
        self.logits = logits
    }

    /// The same without the logits.
    public var withoutLogits: Prediction { Prediction(self, logits: nil) }
}

extension Predictions {
    /// The same without the logits.
    public var withoutLogits: Predictions {
        Predictions(predictions: predictions.map(\.withoutLogits), skipped: skipped)
    }
}
