"""Writes scikit-learn's figures of answers with several labels, and with numbers.

    python metrics.py     # needs numpy and scikit-learn; writes metrics.json beside itself

Some scores are equal on purpose: their order must not matter.
"""

import json
import os

import numpy as np
from sklearn import metrics

HERE = os.path.dirname(os.path.abspath(__file__))
PICTURES, LABELS, VALUES = 40, 4, 2


def main():
    random = np.random.default_rng(7)
    truth = (random.random((PICTURES, LABELS)) < [0.5, 0.3, 0.7, 0.0]).astype(int)  # nobody has the last one
    logits = np.round((truth * 2 - 1) * 0.7 + random.normal(0, 1.2, truth.shape), 1).astype(np.float32)
    thresholds = np.array([0.5, 0.35, 0.6, 0.5])
    told = (1 / (1 + np.exp(-logits.astype(np.float64))) >= thresholds).astype(int)
    labels = {
        "logits": logits.ravel().tolist(), "truth": truth.ravel().tolist(), "thresholds": thresholds.tolist(),
        "exact": int((told == truth).all(axis=1).sum()),
        "loss": metrics.log_loss(truth.ravel(), 1 / (1 + np.exp(-logits.astype(np.float64).ravel()))),
        "macro_f1": metrics.f1_score(truth, told, average="macro", zero_division=0),
        "micro_f1": metrics.f1_score(truth, told, average="micro"),
        "mean_average_precision": metrics.average_precision_score(truth[:, :3], logits[:, :3]),
        "precision": metrics.precision_score(truth, told, average=None, zero_division=0).tolist(),
        "recall": metrics.recall_score(truth, told, average=None, zero_division=0).tolist(),
        "f1": metrics.f1_score(truth, told, average=None, zero_division=0).tolist(),
        "average_precision": [metrics.average_precision_score(truth[:, i], logits[:, i]) for i in range(3)],
    }
    values = (random.normal(0, 1, (PICTURES, VALUES)) * [200, 0.03] + [900, -1]).astype(np.float32)
    answers = (values + random.normal(0, 1, values.shape) * [80, 0.01]).astype(np.float32)
    wide, near = values.astype(np.float64), answers.astype(np.float64)
    numbers = {
        "values": values.ravel().tolist(), "answers": answers.ravel().tolist(),
        "mae": metrics.mean_absolute_error(wide, near, multioutput="raw_values").tolist(),
        "rmse": metrics.root_mean_squared_error(wide, near, multioutput="raw_values").tolist(),
        "r2": metrics.r2_score(wide, near, multioutput="raw_values").tolist(),
    }
    with open(os.path.join(HERE, "metrics.json"), "w") as file:
        json.dump({"labels": labels, "numbers": numbers}, file, separators=(",", ":"))


if __name__ == "__main__":
    main()
