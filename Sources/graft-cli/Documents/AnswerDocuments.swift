import Inference
import Objectives
import Zoo

extension Predictions {
    /// `graft predict --json`
    var document: JSONDocument {
        ["predictions": predictions.map(\.document), "skipped": skipped.map(\.document)]
    }
}

extension Prediction {
    var document: JSONDocument {
        [
            "path": path.shown,
            "top": top.map { guess -> JSONDocument in
                ["class": guess.name, "index": guess.index, "probability": guess.probability]
            },
            "labels": labels,
            "values": values?.map { value -> JSONDocument in ["name": value.name, "value": value.value] },
            "logits": logits,
            "none_of_these": isStranger,
        ]
    }
}

extension Assessment {
    /// The figures of its kind, without a layer around them: what `graft evaluate --json` begins with.
    var document: JSONDocument {
        switch self {
        case .classes(let figures): figures.document
        case .labels(let figures): figures.document
        case .values(let figures): figures.document
        }
    }
}

extension Evaluation {
    fileprivate var document: JSONDocument {
        [
            "correct": correct,
            "total": total,
            "interval_95": interval.document,
            "top_5_correct": topFiveCorrect,
            "loss": loss,
            "calibration_error": calibrationError,
            "per_class": perClass.map { score -> JSONDocument in
                [
                    "class": score.name,
                    "precision": score.precision,
                    "recall": score.recall,
                    "f1": score.f1,
                    "support": score.support,
                ]
            },
            "confusion": confusion,
        ]
    }
}

extension LabelEvaluation {
    fileprivate var document: JSONDocument {
        [
            "correct": exact,
            "total": total,
            "interval_95": interval.document,
            "loss": loss,
            "mean_average_precision": meanAveragePrecision,
            "macro_f1": macroF1,
            "micro_f1": microF1,
            "per_label": perLabel.map { score -> JSONDocument in
                [
                    "label": score.name,
                    "threshold": score.threshold,
                    "hits": score.hits,
                    "told": score.told,
                    "support": score.support,
                    "precision": score.precision,
                    "recall": score.recall,
                    "f1": score.f1,
                    "average_precision": score.averagePrecision,
                ]
            },
        ]
    }
}

extension ValueEvaluation {
    fileprivate var document: JSONDocument {
        [
            "total": total,
            "per_value": perValue.map { score -> JSONDocument in
                [
                    "value": score.name,
                    "mae": score.meanAbsoluteError,
                    "mae_interval_95": score.meanAbsoluteErrorInterval.document,
                    "rmse": score.rootMeanSquaredError,
                    "r2": score.r2,
                    "r2_interval_95": score.r2Interval?.document,
                    "mean": score.mean,
                ]
            },
        ]
    }
}

extension WilsonInterval {
    var document: [Double] { [lower, upper] }
}

extension Interval {
    fileprivate var document: [Double] { [lower, upper] }
}
