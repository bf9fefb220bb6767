import Insight
import Zoo

extension DoctorReport {
    /// `graft doctor --json`
    var document: JSONDocument {
        [
            "classes": classes.map { one -> JSONDocument in
                ["name": one.name, "train": one.train, "test": one.test]
            },
            "pictures": pictures,
            "out_of_fold": outOfFold.map { outside -> JSONDocument in
                ["correct": outside.correct, "total": outside.total, "weak_evidence": outside.isWeakEvidence]
            },
            "findings": findings.map(\.document),
        ]
    }
}

extension Finding {
    fileprivate var document: JSONDocument {
        [
            "kind": kind.rawValue,
            "pictures": entries.map { entry -> JSONDocument in
                [
                    "path": entry.path,
                    "class": entry.label,
                    "value": entry.value,
                    "other": entry.other,
                    "suggested": entry.suggested,
                    "note": entry.note,
                    "nearest_of_class": entry.nearestOfClass,
                    "nearest_of_suggested": entry.nearestOfSuggested,
                ]
            },
            "measure": measure,
            "threshold": threshold,
            "message": message,
            "advice": advice,
        ]
    }
}

extension FixPlan.Copied {
    /// `graft doctor --apply --json`
    var document: JSONDocument {
        ["output": output, "copied": copied, "moved": moved, "dropped": dropped, "unused": unused]
    }
}

extension Calibration {
    /// `graft calibrate --json`
    var document: JSONDocument {
        [
            "temperature": temperature,
            "reason": reason,
            "loss_before": lossBefore,
            "loss_after": lossAfter,
            "before": before.document,
            "after": after.document,
            "sets": sets.map { sets -> JSONDocument in
                [
                    "promised": sets.promised,
                    "threshold": sets.threshold,
                    "coverage": sets.coverage,
                    "size": sets.size,
                    "count": sets.count,
                ]
            },
        ]
    }
}

extension Reliability {
    fileprivate var document: JSONDocument {
        [
            "bins": bins.map { bin -> JSONDocument in
                [
                    "lower": bin.lower,
                    "upper": bin.upper,
                    "count": bin.count,
                    "correct": bin.correct,
                    "confidence": bin.confidence,
                ]
            },
            "error": error,
            "noise_floor": noiseFloor,
            "noise_limit": noiseLimit,
            "correct": correct,
            "total": total,
            "confidence": confidence,
        ]
    }
}

extension CurveReport {
    /// `graft curve --json`
    var document: JSONDocument {
        [
            "curve": [
                "points": curve.points.map { point -> JSONDocument in
                    [
                        "pictures": point.pictures, "errors": point.errors, "class_errors": point.classErrors,
                        "wrong": point.wrong, "tested": point.tested,
                    ]
                },
                "pictures": curve.pictures,
            ] as JSONDocument,
            "law": ["scale": law.scale, "exponent": law.exponent, "floor": law.floor] as JSONDocument,
            "predictions": predictions.map { prediction -> JSONDocument in
                [
                    "pictures": prediction.pictures,
                    "error": prediction.error,
                    "lower": prediction.lower,
                    "upper": prediction.upper,
                ]
            },
            "verdict": verdict,
            "flat": isFlat,
            "most_gaining": mostGaining,
        ]
    }
}

extension Picks {
    /// `graft pick --json`
    var document: JSONDocument {
        [
            "picks": picks.map { pick -> JSONDocument in
                [
                    "path": pick.path,
                    "guess": pick.guess,
                    "probability": pick.probability,
                    "margin": pick.margin,
                ]
            },
            "strangers": strangers,
            "copies": copies,
            "skipped": skipped.map(\.document),
        ]
    }
}

extension MapCheck {
    /// A map's `check` in `graft explain --json`.
    var document: JSONDocument {
        [
            "deletion": deletion,
            "insertion": insertion,
            "random_deletion": randomDeletion,
            "random_insertion": randomInsertion,
        ]
    }
}
