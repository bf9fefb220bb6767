package import Inference
package import Zoo

/// A learning curve and what follows from it: the document of `graft curve --json`.
package struct CurveReport: Sendable, Hashable {
    /// What was measured.
    package let curve: LearningCurve
    /// The law that fits it.
    package let law: PowerLaw
    /// At all pictures, twice and four times as many.
    package let predictions: [PowerLaw.Prediction]
    /// What it comes to, in a sentence.
    package let verdict: String
    /// Whether more pictures of the same kind would hardly help.
    package let isFlat: Bool
    /// The class whose error falls most from the last size but one to the last; nil where none falls.
    package let mostGaining: String?

    /// Less than this for twice the pictures is flat.
    private static let worthwhile = 0.005

    package init(
        _ features: FeatureRows, labels: [Int], classes: [String], groups: [Int]? = nil, strength: Double? = nil,
        threads: Int, progress: @Sendable (Double) -> Void = { _ in }
    ) throws(GraftError) {
        let curve = try LearningCurve(
            features, labels: labels, classes: classes.count, groups: groups ?? Array(labels.indices),
            strength: strength, threads: threads, progress: progress)
        self.init(curve, classes: classes)
    }

    init(_ curve: LearningCurve, classes: [String]) {
        self.curve = curve
        law = PowerLaw(curve.points.map { (Double($0.pictures), $0.error) })
        let all = curve.pictures
        predictions = PowerLaw.predict(curve, at: [all, 2 * all, 4 * all])
        let gain = predictions[0].error - predictions[1].error
        isFlat = gain < Self.worthwhile
        var best: (gain: Double, name: String)?
        if curve.points.count > 1 {
            let (before, after) = (curve.points[curve.points.count - 2], curve.points[curve.points.count - 1])
            for (index, name) in classes.enumerated() {
                let gain = before.classErrors[index] - after.classErrors[index]
                if gain > best?.gain ?? 0 { best = (gain, name) }
            }
        }
        mostGaining = best?.name
        func percent(_ share: Double) -> String { NumberText.fixed(share * 100, 1) }
        let (now, twice) = (predictions[0], predictions[1])
        verdict =
            isFlat
            ? "Flat: twice the pictures would change the error of \(percent(now.error)) % by "
                + "\(percent(max(0, gain))) points. Better pictures or another backbone may help."
            : "Twice the pictures would bring the error from \(percent(now.error)) % to about \(percent(twice.error)) % "
                + "(\(percent(twice.lower)) to \(percent(twice.upper)) %)."
                + (best.map { " '\($0.name)' gains most." } ?? "")
    }
}
