"""Training on tables of labels and of numbers, against PyTorch and scikit-learn."""

import json

import numpy as np
import sklearn.metrics
import tasks
import torch
from graft import arrays, description, difference, graft


def batches_of_everything(folder, table, loss, **settings):
    """A run whose batches are whole epochs, so that no order matters, and the head that it started from."""
    tasks.main(folder)
    common = {
        "data": {"train": f"{table}-train.csv", "test": f"{table}-test.csv"} | settings.pop("data", {}),
        "head": {"dropout": 0}, "cache": False,
    }
    train = {"batch_size": 180, "loss": loss} | settings
    for name, epochs, rate in [("start", 1, 1e-30), ("run", 40, 0.01)]:
        own = train | {"epochs": epochs, "optimizer": {"kind": "adam", "learning_rate": rate}}
        with open(f"{folder}/{name}.yaml", "w") as file:
            json.dump(common | {"train": own}, file)
    import os

    here = os.getcwd()
    os.chdir(folder)
    try:
        for name in ["start", "run"]:
            result = graft("train", f"{name}.yaml", "--output", name, "--json")
        rows = {}
        for part in ["train", "test"]:
            names = [line.split(",")[0] for line in open(f"{table}-{part}.csv").read().splitlines()[1:]]
            graft("embed", "run/model.npz", *names, "--output", f"{part}.npz")
            rows[part] = torch.tensor(np.load(f"{part}.npz")["features"], dtype=torch.float64)
        answers = graft("predict", "run/model.npz", *names, "--json", "--logits")["predictions"]
        counted = graft("evaluate", "run/model.npz", f"{table}-test.csv", "--json")
    finally:
        os.chdir(here)
    start = arrays(f"{folder}/start/model.npz")
    weight, bias = (torch.tensor(start[f"classifier.1.{name}"], dtype=torch.float64) for name in ["weight", "bias"])
    epochs = [json.loads(line) for line in open(f"{folder}/run/metrics.jsonl")]
    about = description(f"{folder}/run/model.npz")
    found = arrays(f"{folder}/run/model.npz")
    return result, rows, answers, counted, (weight, bias), epochs, about, found


def trained(rows, targets, weight, bias, loss):
    weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    optimizer = torch.optim.Adam([weight, bias], lr=0.01)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        value = loss(rows["train"] @ weight.T + bias, targets["train"])
        value.backward()
        optimizer.step()
        with torch.no_grad():
            losses.append((value.item(), loss(rows["test"] @ weight.T + bias, targets["test"]).item()))
    return weight.detach(), bias.detach(), losses


def table(folder, name):
    return [line.split(",") for line in open(f"{folder}/{name}.csv").read().splitlines()[1:]]


def same_losses(epochs, losses):
    worst = 0
    for epoch, (train, test) in zip(epochs, losses, strict=True):
        worst = max(worst, abs(epoch["train_loss"] / train - 1), abs(epoch["test_loss"] / test - 1))
    assert worst < 1e-4, worst
    return worst


def test_labels_are_learnt_as_by_pytorch(folder):
    result, rows, answers, counted, start, epochs, about, found = batches_of_everything(
        folder, "shapes", {"kind": "binary_cross_entropy"}, class_weights={"cross": 2})
    names = ["circle", "cross", "square"]
    assert result["classes"] == names and result["task"] == about["task"] == "multilabel"
    truth = {
        part: np.array([[name in labels.split(";") for name in names] for _, labels in table(folder, f"shapes-{part}")])
        for part in ["train", "test"]
    }
    targets = {part: torch.tensor(rows, dtype=torch.float64) for part, rows in truth.items()}
    weights = torch.tensor([1, 2, 1], dtype=torch.float64)
    weight, bias, losses = trained(
        rows, targets, *start,
        lambda outputs, goals: torch.nn.functional.binary_cross_entropy_with_logits(outputs, goals, weight=weights))
    worst = same_losses(epochs, losses)
    assert difference(found["classifier.1.weight"], weight) < 2e-4
    # What the model answers, counted by scikit-learn.
    logits = np.array([answer["logits"] for answer in answers])
    assert difference(logits, (rows["test"] @ weight.T + bias).numpy()) < 1e-4
    thresholds = np.array(about["thresholds"])
    told = 1 / (1 + np.exp(-logits)) >= thresholds
    for answer, row in zip(answers, told):
        assert sorted(answer["labels"]) == [name for name, is_told in zip(names, row) if is_told]
    assert counted["correct"] == (told == truth["test"]).all(axis=1).sum() and counted["total"] == 60
    for index, score in enumerate(counted["per_label"]):
        own, goal = told[:, index], truth["test"][:, index]
        precision, recall, f1, _ = sklearn.metrics.precision_recall_fscore_support(goal, own, average="binary")
        area = sklearn.metrics.average_precision_score(goal, logits[:, index])
        expected = [precision, recall, f1, area, goal.sum(), own.sum(), (own & goal).sum()]
        values = [score[key] for key in ["precision", "recall", "f1", "average_precision", "support", "told", "hits"]]
        assert np.allclose(values, expected, atol=1e-12), (values, expected)
    assert np.isclose(
        counted["mean_average_precision"], sklearn.metrics.average_precision_score(truth["test"], logits), atol=1e-12)
    assert np.isclose(counted["macro_f1"], sklearn.metrics.f1_score(truth["test"], told, average="macro"))
    assert np.isclose(counted["micro_f1"], sklearn.metrics.f1_score(truth["test"], told, average="micro"))
    assert np.isclose(
        counted["loss"], torch.nn.functional.binary_cross_entropy_with_logits(torch.tensor(logits), targets["test"]))
    return f"losses differ by {worst:.1e}, mean average precision {counted['mean_average_precision']:.3f}"


def test_numbers_are_learnt_as_by_pytorch(folder):
    result, rows, answers, counted, start, epochs, about, found = batches_of_everything(
        folder, "sizes", {"kind": "huber", "delta": 0.5}, data={"task": "regression"})
    assert result["classes"] == ["size", "light"] and result["task"] == about["task"] == "regression"
    truth = {
        part: torch.tensor([[float(a), float(b)] for _, a, b in table(folder, f"sizes-{part}")], dtype=torch.float64)
        for part in ["train", "test"]
    }
    mean, deviation = truth["train"].mean(0), truth["train"].std(0, unbiased=False)
    targets = {part: (rows - mean) / deviation for part, rows in truth.items()}
    # The file's head answers in the numbers' own units.
    weight, bias = start[0] / deviation[:, None], (start[1] - mean) / deviation
    weight, bias, losses = trained(
        rows, targets, weight, bias, lambda outputs, goals: torch.nn.functional.huber_loss(outputs, goals, delta=0.5))
    worst = same_losses(epochs, losses)
    expected = (rows["test"] @ weight.T + bias) * deviation + mean
    values = np.array([[entry["value"] for entry in answer["values"]] for answer in answers])
    for column in range(2):
        assert difference(values[:, column], expected[:, column].numpy()) < 1e-4
        score, goal, own = counted["per_value"][column], truth["test"][:, column].numpy(), values[:, column]
        assert np.isclose(score["mae"], sklearn.metrics.mean_absolute_error(goal, own), rtol=1e-6)
        assert np.isclose(score["rmse"], sklearn.metrics.root_mean_squared_error(goal, own), rtol=1e-6)
        assert np.isclose(score["r2"], sklearn.metrics.r2_score(goal, own), rtol=1e-6)
        # An interval of another thousand samples ends at nearly the same places.
        random = np.random.default_rng(1)
        draws = [random.integers(0, 60, 60) for _ in range(4000)]
        for key, figure in [("mae", sklearn.metrics.mean_absolute_error), ("r2", sklearn.metrics.r2_score)]:
            low, high = np.quantile([figure(goal[draw], own[draw]) for draw in draws], [0.025, 0.975])
            width = high - low
            found_low, found_high = score[f"{key}_interval_95"]
            assert abs(found_low - low) < 0.15 * width and abs(found_high - high) < 0.15 * width, (key, low, high, score)
    return f"losses differ by {worst:.1e}, R2 {counted['per_value'][0]['r2']:.3f}"
