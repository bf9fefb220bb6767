package import Weights
package import Zoo

extension StrangerScore {
    /// From what a model file holds; nil where it holds none.
    /// - Throws: `GraftError.invalidModel` for numbers that make no sense.
    package init?(_ stored: NoneOfThese?) throws(GraftError) {
        guard let stored else { return nil }
        guard let values = stored.prototypeValues, stored.width > 0 else {
            throw GraftError(
                .invalidModel, "the yardstick for strangers is damaged", parameter: "none_of_these.prototypes",
                expected: "rows of \(stored.width) 16-bit numbers in base 64")
        }
        let rows = try FeatureRows(count: values.count / stored.width, width: stored.width, values: values)
        try self.init(
            prototypes: rows, labels: stored.labels, cosines: stored.cosines, confidences: stored.confidences,
            threshold: stored.threshold, promised: stored.promised)
    }

    /// For a model file.
    package var stored: NoneOfThese {
        NoneOfThese(
            promised: promised, threshold: threshold, width: prototypes.width,
            prototypes: NoneOfThese.packed(prototypes.values), labels: labels, cosines: cosines,
            confidences: confidences)
    }
}
