import Images
import Learning
import Runs
import Zoo

extension SkippedFile {
    /// Every command that reads pictures has these.
    var document: JSONDocument { ["path": path.shown, "reason": reason] }
}

extension TrainingResult {
    /// `graft train --json`. An epoch has the keys of its line in `metrics.jsonl`.
    var document: JSONDocument {
        [
            "model": model,
            "output": output,
            "task": task.rawValue,
            "classes": classes,
            "train_images": trainImages,
            "test_images": testImages,
            "seen_test_images": seenTestImages,
            "skipped": skipped.map(\.document),
            "notes": notes,
            "seconds": seconds,
            "plan": outline?.document,
            "choice": choice,
            "fine_tuning": fineTuning,
            "fine_tuning_gain": fineTuningGain,
            "epochs": epochs,
            "kept_epoch": keptEpoch,
            "test": test?.document,
            "train": train.document,
        ]
    }
}

extension TrainingOutline {
    fileprivate var document: JSONDocument { ["phases": phases.map(\.document)] }
}

extension TrainingOutline.Phase {
    fileprivate var document: JSONDocument {
        [
            "number": number,
            "epochs": epochs,
            "learning_rate": learningRate,
            "frozen": frozen,
            "trained": trained,
            "frozen_parameters": frozenParameters,
            "trained_parameters": trainedParameters,
            "trained_batch_norms": trainedBatchNorms,
            "frozen_batch_norms": frozenBatchNorms,
            "cut": cut,
            "computed_once": isComputedOnce,
            "seconds_per_epoch": secondsPerEpoch,
        ]
    }
}

extension LearningRateCurve {
    /// `graft lr-find --json`
    var document: JSONDocument {
        [
            "rates": rates,
            "losses": losses,
            "cut_short": isCutShort,
            "steepest": steepest,
            "valley": valley,
        ]
    }
}
