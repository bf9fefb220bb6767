import Learning
import Insight
import Objectives
import Zoo

extension ModelComparison {
    /// `graft compare --json`. `folds` or `test` says how it was counted.
    var document: JSONDocument {
        var (folds, test) = (Int?.none, String?.none)
        switch method {
        case .folds(let count): folds = count
        case .test(let path): test = path.shown
        }
        return [
            "classes": classes,
            "folds": folds,
            "test": test,
            "candidates": candidates.indices.map(row),
            "verdict": verdict,
            "skipped": skipped.map(\.document),
        ]
    }

    /// `difference` is that to the best candidate, which has none.
    private func row(_ index: Int) -> JSONDocument {
        let candidate = candidates[index]
        let difference = difference(index).map { found -> JSONDocument in
            ["only_this": found.onlySecond, "only_best": found.onlyFirst, "p": found.pValue]
        }
        return [
            "backbone": candidate.backbone,
            "weights": candidate.weights,
            "head": candidate.head,
            "correct": candidate.correct,
            "total": candidate.total,
            "interval_95": candidate.interval.document,
            "difference": difference,
            "milliseconds": candidate.milliseconds,
            "megabytes": candidate.megabytes,
        ]
    }
}
