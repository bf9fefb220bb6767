public import Zoo

/// How well logits fit labels, counted image by image.
public struct Evaluation: Sendable, Hashable {
    /// The figures of one class. A ratio whose denominator is zero is 0.
    public struct ClassScore: Sendable, Hashable {
        /// The class.
        public let name: String
        /// Of the images given this class, the share that are of it.
        public let precision: Double
        /// Of the images of this class, the share that were given it.
        public let recall: Double
        /// The harmonic mean of the two.
        public let f1: Double
        /// The number of images of this class.
        public let support: Int
    }

    /// Images whose highest logit is that of their class.
    public let correct: Int
    /// Images.
    public let total: Int
    /// The 95 % Wilson interval of the accuracy.
    public let interval: WilsonInterval
    /// Images whose class is among the five highest logits; nil for five classes or fewer.
    public let topFiveCorrect: Int?
    /// Mean cross-entropy, without label smoothing or class weights; nil where there are no images.
    public let loss: Double?
    /// Expected calibration error over 15 bins of equal width (arXiv:1706.04599, eq. 3); nil where there are no images.
    public let calibrationError: Double?
    /// One entry a class, in order.
    public let perClass: [ClassScore]
    /// `confusion[true class][predicted class]` images. Empty for more than `largestConfusion` classes: nobody reads it,
    /// and it grows with their square.
    public let confusion: [[Int]]

    /// The largest number of classes that a confusion matrix is made for.
    public static let largestConfusion = 2000

    /// - Parameters:
    ///   - logits: `[N, classes]`, or `[N, 1]` for two classes by one output.
    ///   - labels: N class indices.
    ///   - classes: the names, in the order of the indices.
    /// - Throws: `GraftError.invalidData` where they do not fit together, or for logits that are not finite.
    public init(logits: Tensor, labels: [Int], classes: [String]) throws(GraftError) {
        let scores = try ClassScores(logits: logits, labels: labels, classCount: classes.count)
        let size = classes.count <= Self.largestConfusion ? classes.count : 0
        var confusion = [[Int]](repeating: [Int](repeating: 0, count: size), count: size)
        var support = [Int](repeating: 0, count: classes.count)
        var answered = support
        var hits = support
        var bins = [(count: Int, confidence: Double)](repeating: (0, 0), count: 15)
        var loss = 0.0
        for (index, label) in labels.enumerated() {
            let predicted = scores.prediction(of: index)
            let confidence = scores.probabilities(of: index)[predicted]
            let isCorrect = predicted == label
            if size > 0 { confusion[label][predicted] += 1 }
            support[label] += 1
            answered[predicted] += 1
            hits[label] += isCorrect ? 1 : 0
            loss += scores.crossEntropy(of: index)
            let bin = min(14, Int(confidence * 15))
            bins[bin].count += isCorrect ? 1 : 0
            bins[bin].confidence += confidence
        }
        let total = labels.count
        correct = hits.reduce(0, +)
        self.total = total
        self.confusion = confusion
        interval = WilsonInterval(correct: correct, total: total)
        topFiveCorrect = classes.count > 5 ? scores.correct(within: 5) : nil
        self.loss = total > 0 ? loss / Double(total) : nil
        calibrationError =
            total > 0 ? bins.reduce(0) { $0 + abs(Double($1.count) - $1.confidence) } / Double(total) : nil
        perClass = classes.indices.map { index in
            func ratio(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
            return ClassScore(
                name: classes[index],
                precision: ratio(hits[index], answered[index]),
                recall: ratio(hits[index], support[index]),
                f1: ratio(2 * hits[index], answered[index] + support[index]),
                support: support[index])
        }
    }
}

extension Evaluation: CustomStringConvertible {
    /// `68 of 75, 90.7 % (95 % interval 82-95)`
    public var description: String { Evaluation.describe(correct: correct, total: total) }

    /// A count as `68 of 75, 90.7 % (95 % interval 82-95)`, or `0 of 0` where there is nothing to divide by.
    public static func describe(correct: Int, total: Int) -> String {
        guard total > 0 else { return "0 of 0" }
        let interval = WilsonInterval(correct: correct, total: total)
        let tenths = (Double(correct) / Double(total) * 1000).rounded() / 10
        func whole(_ value: Double) -> Int { Int((value * 100).rounded()) }
        return "\(correct) of \(total), \(tenths) % (95 % interval \(whole(interval.lower))-\(whole(interval.upper)))"
    }
}
