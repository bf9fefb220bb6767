"""Makes the golden values of the heads that are made in one pass.

    pip install numpy torch scikit-learn==1.9.1
    python make.py

Features are hashes of (name, index) (../models/hashes.py), moved away from 0 and scaled, as features of a backbone are.
scikit-learn sees them less their mean and by the unit that makes their mean squared length 1; its coefficients are then
brought back to the features as they are.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "models"))
import hashes  # noqa: E402

SHAPES = [("wide", 24, 40), ("tall", 60, 12)]
STRENGTHS = [0.01 * 10 ** (exponent / 2) for exponent in range(13)]


def features(name, count, width):
    noise = hashes.samples(name, count * width).reshape(count, width)
    return (3 * noise + 2).astype(np.float32)


def in_unit(x):
    mean = x.astype(np.float64).mean(0)
    centred = x - mean
    unit = np.sqrt((centred**2).sum(1).mean())
    return centred / unit, mean, unit


def back(coefficients, intercepts, mean, unit):
    weights = np.atleast_2d(coefficients) / unit
    return {
        "weights": [float(v) for v in weights.ravel()],
        "biases": [float(v) for v in np.atleast_1d(intercepts) - weights @ mean],
    }


def logistic(name, count, width, classes, strength):
    x = features(f"heads.{name}", count, width)
    labels = np.arange(count) % classes
    z, mean, unit = in_unit(x)
    fit = LogisticRegression(C=strength, tol=1e-12, max_iter=100000).fit(z, labels)
    return {
        "count": count, "width": width, "classes": classes, "strength": strength,
        **back(fit.coef_, fit.intercept_, mean, unit),
    }


def ridge(name, count, width, strength):
    x = features(f"heads.{name}", count, width)
    noise = hashes.samples(f"heads.{name}.values", count * 2).reshape(count, 2)
    y = (0.3 * x[:, :2] + noise).astype(np.float32)
    z, mean, unit = in_unit(x)
    if strength is None:
        fit = RidgeCV(alphas=[1 / s for s in STRENGTHS]).fit(z, y.astype(np.float64))
    else:
        fit = Ridge(alpha=1 / strength).fit(z, y.astype(np.float64))
    return {
        "count": count, "width": width, "strength": strength,
        **back(fit.coef_, fit.intercept_, mean, unit),
    }


def neighbours(name, count, width, classes, k, temperature, queries=7):
    """The shares of the votes, as DINOv2's evaluation counts them: softmax over the k most alike, summed by class."""
    known = torch.nn.functional.normalize(torch.from_numpy(features(f"heads.{name}", count, width)).double())
    asked = torch.nn.functional.normalize(torch.from_numpy(features(f"heads.{name}.asked", queries, width)).double())
    likeness, places = (asked @ known.T).topk(min(k, count))
    votes = torch.softmax(likeness / temperature, dim=1)
    classes_of = torch.nn.functional.one_hot(places % classes, classes)
    shares = (classes_of * votes[:, :, None]).sum(1)
    return {
        "count": count, "width": width, "classes": classes, "neighbours": k, "temperature": temperature,
        "shares": [float(v) for v in shares.ravel()],
    }


if __name__ == "__main__":
    golden = {"logistic": {}, "ridge": {}, "neighbours": {}}
    for name, count, width in SHAPES:
        for classes, strength in [(2, 3), (3, 30)]:
            golden["logistic"][f"{name}, {classes} classes"] = logistic(name, count, width, classes, strength)
        for strength in [5, None]:
            what = "chosen" if strength is None else "given"
            golden["ridge"][f"{name}, {what}"] = ridge(name, count, width, strength)
        for k, temperature in [(1, 0.07), (20, 0.07), (50, 0.5)]:
            golden["neighbours"][f"{name}, {k}"] = neighbours(name, count, width, 3, k, temperature)
    (HERE / "numbers.json").write_text(json.dumps(golden) + "\n")
