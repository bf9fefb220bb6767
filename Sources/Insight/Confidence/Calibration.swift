import Numbers

/// How sure a model is, compared with how often it is right: the document of `graft calibrate --json`.
package struct Calibration: Sendable, Hashable {
    /// What the logits are to be divided by.
    package let temperature: Double
    /// Why it is 1, where it was left so.
    package let reason: String?
    /// The mean cross entropy as the model is, and divided by the temperature.
    package let lossBefore: Double
    /// The mean cross entropy after.
    package let lossAfter: Double
    /// As the model is.
    package let before: Reliability
    /// Each picture by a temperature fitted on the others.
    package let after: Reliability
    /// Sets of classes, where they were asked for.
    package let sets: ConformalSets?

    /// - Parameters:
    ///   - logits: `[N, K]` of pictures that the model was not trained on, as its weights give them.
    ///   - current: the temperature that the model has now.
    ///   - groups: copies have the same number.
    ///   - promised: the share of pictures whose set shall hold the right class; nil for no sets.
    package init(
        logits: [Double], labels: [Int], classes: Int, current: Double = 1, groups: [Int]? = nil,
        promised: Double? = nil
    ) {
        let folds = Folds(labels: labels, groups: groups)
        func reliability(_ temperature: (Int) -> Double) -> Reliability {
            let answers = labels.indices.map { row in
                LogProbabilities.probabilities(
                    logits[row * classes..<(row + 1) * classes], temperature: temperature(folds.fold[row]))
            }
            return Reliability(
                confidences: answers.map { $0.max() ?? 0 },
                isRight: zip(answers, labels).map { $0.firstIndex(of: $0.max() ?? 0) == $1 })
        }
        let fit = Temperature(logits: logits, labels: labels, classes: classes, fold: folds.fold)
        // What each fold would get from the others.
        let outside = (0..<folds.count).map { fold -> Double in
            guard fit.reason == nil else { return 1 }
            let train = folds.split(fold).train
            return Temperature(
                logits: train.flatMap { logits[$0 * classes..<($0 + 1) * classes] }, labels: train.map { labels[$0] },
                classes: classes, fold: train.map { folds.fold[$0] }
            ).value
        }
        temperature = fit.value
        reason = fit.reason
        lossBefore = LogProbabilities.loss(of: logits, labels: labels, classes: classes, temperature: current)
        lossAfter = fit.lossAfter
        before = reliability { _ in current }
        after = reliability { outside[$0] }
        sets = promised.map { promised in
            ConformalSets(
                promised: promised,
                probabilities: labels.indices.map {
                    LogProbabilities.probabilities(logits[$0 * classes..<($0 + 1) * classes], temperature: fit.value)
                }, labels: labels, fold: folds.fold)
        }
    }
}
