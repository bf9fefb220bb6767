"""Writes PyTorch's losses, gradients and weights over ten training steps, in double precision, and its schedules.

    python make.py        # needs torch and timm; writes steps.json, losses.json, epochs.json, wide.f64 and schedules.json beside itself

Weights and inputs follow from an integer hash that the tests compute too (`noise`), so only results are stored.
"""
import importlib
import importlib.util
import json
import os
import sys
import types

import numpy as np
import torch
from torch import nn
from torch.nn import functional

HERE = os.path.dirname(os.path.abspath(__file__))
STEPS = 10
ACTIVATIONS = {
    "relu": nn.ReLU, "relu6": nn.ReLU6, "silu": nn.SiLU, "hardSwish": nn.Hardswish, "hardSigmoid": nn.Hardsigmoid,
    "sigmoid": nn.Sigmoid,
}
torch.set_default_dtype(torch.float64)
TIMM = importlib.util.find_spec("timm")


def timm_rule(module, name):
    """An optimiser of timm without timm's front door, which needs a torchvision that fits torch."""
    home = TIMM.submodule_search_locations[0]
    for package, path in [("timm", home), ("timm.optim", os.path.join(home, "optim"))]:
        sys.modules.setdefault(package, types.ModuleType(package)).__path__ = [path]
    return getattr(importlib.import_module(f"timm.optim.{module}"), name)


def noise(salt, count):
    """`count` numbers from -1 to below 1 that float32 holds exactly."""
    x = (np.arange(count, dtype=np.uint64) * 2654435761 + salt * 2246822519) % 2**32
    x ^= x >> 15
    x = x * 2246822519 % 2**32
    x ^= x >> 13
    x = x * 3266489917 % 2**32
    x ^= x >> 16
    return (x >> 8).astype(np.float64) / 2**23 - 1


def float32(values):
    return np.asarray(values, np.float32).astype(np.float64)


def network(case):
    inputs, outputs = case["inputs"], case["outputs"]
    if not case.get("activation"):
        layers = [nn.Linear(inputs, outputs)]
    else:
        # No bias before a batch norm: its gradient is zero, and what Adam makes of rounding errors is no golden.
        layers = [nn.Linear(inputs, case["hidden"], bias=False), nn.BatchNorm1d(case["hidden"]),
                  ACTIVATIONS[case["activation"]](), nn.Linear(case["hidden"], outputs)]
    model = nn.Sequential(*layers)
    for salt, (name, tensor) in enumerate(
            (n, t) for n, t in model.state_dict().items() if not n.endswith("num_batches_tracked")):
        values = float32(noise(salt + 1, tensor.numel()) / 2)
        if name.endswith("running_var"):
            values += 1
        if name == "1.weight" and tensor.dim() == 1:
            values += 4  # so that every kink of every activation is passed
        tensor.copy_(torch.from_numpy(values.reshape(tensor.shape)))
    return model


def optimizer(options, parameters):
    kind = options["kind"]
    lr, decay = options["learning_rate"], options.get("weight_decay", 0)
    if kind == "sgd":
        return torch.optim.SGD(parameters, lr, momentum=options["momentum"], weight_decay=decay,
                               nesterov=options.get("nesterov", False))
    if kind == "rmsprop":
        return torch.optim.RMSprop(parameters, lr, alpha=options.get("alpha", 0.99), eps=options.get("epsilon", 1e-8),
                                   weight_decay=decay, momentum=options.get("momentum", 0),
                                   centered=options.get("centered", False))
    if kind == "lion":
        return timm_rule("lion", "Lion")(parameters, lr, betas=options.get("betas", (0.9, 0.99)), weight_decay=decay)
    if kind == "lamb":
        # As the paper has it: no clipping of its own, and the ratio without weight decay too.
        return timm_rule("lamb", "Lamb")(parameters, lr, betas=options.get("betas", (0.9, 0.999)),
                               eps=options.get("epsilon", 1e-6), weight_decay=options.get("weight_decay", 0.01),
                               max_grad_norm=None, always_adapt=True)
    known = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind]
    return known(parameters, lr, betas=options.get("betas", (0.9, 0.999)), eps=options.get("epsilon", 1e-8),
                 weight_decay=decay)


def criterion(case, logits, labels):
    weights = case["train"].get("class_weights")
    smoothing = case["train"].get("label_smoothing", 0)
    if case.get("targets") == "labels":
        weights = torch.tensor([weights[name] for name in sorted(weights)]) if weights else None
        return functional.binary_cross_entropy_with_logits(
            logits, (1 - smoothing) * labels + smoothing / 2, weight=weights)
    if case.get("targets") == "values":
        known = {"huber": functional.huber_loss, "mse": functional.mse_loss}
        return known[case["train"].get("loss", "huber")](logits, labels)
    if case["outputs"] == 1 and weights is None and smoothing == 0:
        return functional.binary_cross_entropy_with_logits(logits[:, 0], labels.double())
    if case["outputs"] == 1:
        logits = torch.cat([torch.zeros_like(logits), logits], 1)
    if weights is not None:
        weights = torch.tensor([weights[name] for name in sorted(weights)])
    return functional.cross_entropy(logits, labels, weight=weights, label_smoothing=smoothing)


def data(case, step):
    batch, inputs, classes = case["batch"], case["inputs"], max(2, case["outputs"])
    x = torch.from_numpy(float32(2 * noise(1000 + step, batch * inputs))).reshape(batch, inputs)
    if "targets" in case:
        y = torch.from_numpy(float32(2 * noise(2000 + step, batch * case["outputs"]))).reshape(batch, case["outputs"])
        return x, (y > 0).double() if case["targets"] == "labels" else y
    y = torch.from_numpy(np.floor((noise(2000 + step, batch) + 1) / 2 * classes).astype(np.int64))
    return x, y


def run(case):
    model = network(case)
    moves = optimizer(case["train"]["optimizer"], model.parameters())
    losses = []
    for step in range(STEPS):
        x, y = data(case, step)
        moves.zero_grad()
        loss = criterion(case, model(x), y)
        loss.backward()
        if step == 0:
            gradients = {n: p.grad.flatten().tolist() for n, p in model.named_parameters()}
        moves.step()
        losses.append(loss.item())
    model.eval()
    weights = {n: t.flatten().tolist() for n, t in model.state_dict().items() if not n.endswith("num_batches_tracked")}
    with torch.no_grad():
        logits = model(x).flatten().tolist()
    return losses, gradients, weights, logits


def cases():
    adam = {"kind": "adam", "learning_rate": 0.01}
    sgd = {"kind": "sgd", "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.01}
    linear = {"inputs": 8, "outputs": 3, "batch": 12}
    yield {"name": "adam", **linear, "train": {"optimizer": adam}}
    yield {"name": "adam, decay and betas", **linear, "train": {"optimizer": {
        **adam, "weight_decay": 0.1, "betas": [0.8, 0.99], "epsilon": 1e-4}}}
    yield {"name": "adamw", **linear, "train": {"optimizer": {**adam, "kind": "adamw", "weight_decay": 0.1}}}
    yield {"name": "sgd", **linear, "train": {"optimizer": {**sgd, "momentum": 0, "weight_decay": 0}}}
    yield {"name": "sgd, momentum and decay", **linear, "train": {"optimizer": sgd}}
    yield {"name": "sgd, nesterov", **linear, "train": {"optimizer": {**sgd, "nesterov": True}}}
    rms = {"kind": "rmsprop", "learning_rate": 0.01}
    yield {"name": "rmsprop", **linear, "train": {"optimizer": rms}}
    yield {"name": "rmsprop, momentum and decay", **linear, "train": {"optimizer": {
        **rms, "alpha": 0.9, "epsilon": 1e-4, "momentum": 0.8, "weight_decay": 0.1}}}
    yield {"name": "rmsprop, centered", **linear, "train": {"optimizer": {
        **rms, "centered": True, "momentum": 0.5, "epsilon": 1e-3}}}
    lion = {"kind": "lion", "learning_rate": 0.01}
    yield {"name": "lion", **linear, "train": {"optimizer": lion}}
    yield {"name": "lion, decay and betas", **linear, "train": {"optimizer": {
        **lion, "weight_decay": 0.1, "betas": [0.95, 0.98]}}}
    lamb = {"kind": "lamb", "learning_rate": 0.01}
    yield {"name": "lamb", **linear, "train": {"optimizer": lamb}}
    yield {"name": "lamb, decay and betas", **linear, "train": {"optimizer": {
        **lamb, "weight_decay": 0.1, "betas": [0.8, 0.99], "epsilon": 1e-4}}}
    weights = {"a": 0.5, "b": 2, "c": 1.25}
    yield {"name": "smoothing", **linear, "train": {"optimizer": sgd, "label_smoothing": 0.1}}
    yield {"name": "weights", **linear, "train": {"optimizer": sgd, "class_weights": weights}}
    yield {"name": "smoothing and weights", **linear, "train": {
        "optimizer": adam, "label_smoothing": 0.2, "class_weights": weights}}
    single = {**linear, "outputs": 1}
    yield {"name": "one output", **single, "train": {"optimizer": adam}}
    yield {"name": "one output, smoothing and weights", **single, "train": {
        "optimizer": adam, "label_smoothing": 0.1, "class_weights": {"a": 0.5, "b": 2}}}
    labels, values = {**linear, "targets": "labels"}, {**linear, "outputs": 1, "targets": "values"}
    yield {"name": "labels", **labels, "train": {"optimizer": adam}}
    yield {"name": "labels, smoothing and weights", **labels, "train": {
        "optimizer": sgd, "label_smoothing": 0.2, "class_weights": weights}}
    yield {"name": "values", **values, "train": {"optimizer": adam}}
    yield {"name": "values, mse", **values, "train": {"optimizer": sgd, "loss": "mse"}}
    for activation in ACTIVATIONS:
        yield {"name": f"mlp, {activation}", "inputs": 7, "hidden": 11, "activation": activation, "outputs": 4,
               "batch": 13, "train": {"optimizer": {**sgd, "learning_rate": 0.05}}}
    yield {"name": "mlp, adam", "inputs": 7, "hidden": 11, "activation": "silu", "outputs": 4, "batch": 13,
           "train": {"optimizer": adam}}


def order(seed, epoch, count):
    """An epoch's order of pictures: Fisher and Yates with Philox 4x32-10, the counter being (index, 0, epoch, 0)."""
    mask = 2**64 - 1
    z = (seed + 2 * 0x9E3779B97F4A7C15) & mask  # order is purpose 2
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    z ^= z >> 31
    result = list(range(count))
    for index in range(count - 1, 0, -1):
        c, k = [index, 0, epoch, 0], [z & 0xFFFFFFFF, z >> 32]
        for _ in range(10):
            first, second = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
            c = [(second >> 32) ^ c[1] ^ k[0], second & 0xFFFFFFFF, (first >> 32) ^ c[3] ^ k[1], first & 0xFFFFFFFF]
            k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
        other = ((c[0] << 32 | c[1]) * (index + 1)) >> 64
        result[index], result[other] = result[other], result[index]
    return result


def run_epochs(case):
    """Whole epochs of pictures in Graft's order: accumulated, clipped, averaged as torchvision's references do it."""
    train = case["train"]
    model = network(case)
    moves = optimizer(train["optimizer"], model.parameters())
    average = None
    if "ema" in train:
        decay = train["ema"]
        average = torch.optim.swa_utils.AveragedModel(
            model, avg_fn=lambda old, new, _: decay * old + (1 - decay) * new, use_buffers=True)
    x, y = data(case, 0)
    test_x, test_y = data(case, 1)

    def weight(labels):
        names = train.get("class_weights")
        return sum(names["abc"[label]] if names else 1 for label in labels.tolist())

    losses, test_losses, norms = [], [], []
    for epoch in range(1, train["epochs"] + 1):
        model.train()
        pictures = order(42, epoch, len(y))
        batches = [pictures[i:i + train["batch_size"]] for i in range(0, len(y), train["batch_size"])]
        total = 0
        group = train.get("accumulate", 1)
        for start in range(0, len(batches), group):
            step = batches[start:start + group]
            whole = weight(y[sum(step, [])])
            moves.zero_grad()
            for batch in step:
                loss = criterion(case, model(x[batch]), y[batch]) * weight(y[batch])
                (loss / whole).backward()
                total += loss.item()
            if "gradient_clip" in train:
                norms.append(nn.utils.clip_grad_norm_(model.parameters(), train["gradient_clip"]).item())
            moves.step()
            if average:
                average.update_parameters(model)
        losses.append(total / weight(y))
        kept = average.module if average else model
        kept.eval()
        with torch.no_grad():
            test_losses.append(criterion(case, kept(test_x), test_y).item())
    if norms:
        limit = train["gradient_clip"]
        assert min(norms) < limit < max(norms), (case["name"], norms)
    weights = {n: t.flatten().tolist() for n, t in kept.state_dict().items() if not n.endswith("num_batches_tracked")}
    with torch.no_grad():
        logits = kept(test_x).flatten().tolist()
    return {"losses": losses, "test_losses": test_losses, "gradients": {}, "weights": weights, "logits": logits}


def epoch_cases():
    """Ten steps each: five epochs of two, or ten of one."""
    sgd = {"kind": "sgd", "learning_rate": 0.2, "momentum": 0.9}
    adam = {"kind": "adam", "learning_rate": 0.01}
    weights = {"a": 0.5, "b": 2, "c": 1.25}
    # 14 pictures: batches of 4, 4 and of 4, 2 make a step each.
    linear = {"inputs": 8, "outputs": 3, "batch": 14}
    ragged = {"epochs": 5, "batch_size": 4, "accumulate": 2}
    # 33: 9, 9 and 9, 6. Batch norm over fewer pictures makes too much of the last bits.
    mlp = {"inputs": 7, "hidden": 11, "activation": "silu", "outputs": 3, "batch": 33}
    yield {"name": "accumulated", **linear, "train": {**ragged, "optimizer": sgd}}
    yield {"name": "accumulated, smoothing and weights", **linear, "train": {
        **ragged, "optimizer": adam, "label_smoothing": 0.1, "class_weights": weights}}
    yield {"name": "accumulated, batch norm", **mlp, "train": {
        **ragged, "batch_size": 9, "optimizer": adam}}
    # 14, 14 and 5 alone.
    yield {"name": "accumulated, a last step of one batch", **mlp, "train": {
        **ragged, "batch_size": 14, "optimizer": adam}}
    yield {"name": "clipped", **linear, "train": {
        "epochs": 10, "batch_size": 14, "gradient_clip": 0.6, "optimizer": sgd}}
    yield {"name": "clipped, adamw", **mlp, "train": {
        "epochs": 5, "batch_size": 17, "gradient_clip": 3, "optimizer": {**adam, "kind": "adamw", "weight_decay": 0.1}}}
    yield {"name": "averaged", **linear, "train": {"epochs": 5, "batch_size": 7, "ema": 0.7, "optimizer": sgd}}
    yield {"name": "averaged, batch norm", **mlp, "train": {
        "epochs": 5, "batch_size": 17, "ema": 0.9, "optimizer": adam}}
    yield {"name": "accumulated, clipped and averaged", **mlp, "train": {
        **ragged, "batch_size": 9, "gradient_clip": 2.5, "ema": 0.8, "optimizer": {**sgd, "learning_rate": 0.05}}}


def schedules():
    def rates(epochs, steps, warmup, make, per_epoch=False):
        parameter = nn.Parameter(torch.zeros(1))
        moves = torch.optim.SGD([parameter], 0.1)
        main = make(moves)
        if warmup:
            rise = torch.optim.lr_scheduler.LinearLR(moves, 1 / warmup, 1, warmup - 1)
            main = torch.optim.lr_scheduler.SequentialLR(moves, [rise, main], [warmup])
        result = []
        for step in range(epochs * steps):
            result.append(moves.param_groups[0]["lr"])
            moves.step()
            if not per_epoch or (step + 1) % steps == 0:
                main.step()
        return result

    scheduler = torch.optim.lr_scheduler
    yield ({"kind": "constant", "warmup_epochs": 1.5}, 4, 6,
           rates(4, 6, 9, lambda m: scheduler.ConstantLR(m, 1, 1)))
    yield {"kind": "step", "step_size": 2, "gamma": 0.3}, 7, 3, rates(7, 3, 0, lambda m: scheduler.StepLR(m, 2, 0.3), True)
    yield ({"kind": "step", "step_size": 2, "gamma": 0.3, "warmup_epochs": 1}, 6, 4,
           rates(6, 4, 4, lambda m: scheduler.StepLR(m, 8, 0.3)))
    yield ({"kind": "cosine", "minimum": 0.001}, 3, 5, rates(3, 5, 0, lambda m: scheduler.CosineAnnealingLR(m, 15, 0.001)))
    yield ({"kind": "cosine", "warmup_epochs": 1}, 3, 5, rates(3, 5, 5, lambda m: scheduler.CosineAnnealingLR(m, 10)))


def single_losses():
    """Values and gradients of single losses: N = 7 rows of C outputs."""
    def case(kind, what, outputs, make, **train):
        logits = torch.from_numpy(float32(4 * noise(31, 7 * outputs))).reshape(7, outputs).requires_grad_()
        draws = torch.from_numpy(noise(32, 7 * outputs)).reshape(7, outputs)
        if what == "classes":
            targets = torch.from_numpy(np.floor((noise(33, 7) + 1) / 2 * max(2, outputs)).astype(np.int64))
        else:
            targets = (draws > 0).double() if what == "labels" else torch.from_numpy(float32(5 * draws.numpy()))
        weights = torch.tensor(train["weights"]) if "weights" in train else None
        value = make(logits, targets, weights)
        value.backward()
        return {"kind": kind, "targets": what, "outputs": outputs, **train, "goals": targets.flatten().tolist(),
                "mean": value.item(), "gradient": logits.grad.flatten().tolist()}

    def onehot(x, y):
        return y.double()[:, None] if x.shape[1] == 1 else functional.one_hot(y, x.shape[1]).double()

    def focal(x, y, w, gamma):
        if x.shape[1] == 1:
            x = torch.cat([torch.zeros_like(x), x], 1)
        w = torch.ones(x.shape[1]) if w is None else w
        log_p = functional.log_softmax(x, 1).gather(1, y[:, None])[:, 0]
        return (w[y] * (1 - log_p.exp()) ** gamma * -log_p).sum() / w[y].sum()

    def sigmoid_focal(x, y, alpha=0.25, gamma=2):
        p = torch.sigmoid(x)
        p_t, a_t = p * y + (1 - p) * (1 - y), alpha * y + (1 - alpha) * (1 - y)
        return (a_t * (1 - p_t) ** gamma * bce(x, y, reduction="none")).mean()

    bce = functional.binary_cross_entropy_with_logits
    columns = {"weights": [0.5, 2, 1.25]}
    yield case("binary_cross_entropy", "labels", 3, lambda x, y, w: bce(x, y))
    yield case("binary_cross_entropy", "labels", 3, lambda x, y, w: bce(x, y, weight=w), **columns)
    yield case("binary_cross_entropy", "labels", 3, lambda x, y, w: bce(x, 0.8 * y + 0.1), smoothing=0.2)
    yield case("binary_cross_entropy", "classes", 3, lambda x, y, w: bce(x, onehot(x, y)))
    yield case("binary_cross_entropy", "classes", 1, lambda x, y, w: bce(x, onehot(x, y)))
    yield case("focal", "labels", 3, lambda x, y, w: sigmoid_focal(x, y))
    yield case("focal", "labels", 3, lambda x, y, w: sigmoid_focal(x, y, 0.6, 1.5),
               options={"alpha": 0.6, "gamma": 1.5})
    yield case("focal", "classes", 3, lambda x, y, w: focal(x, y, w, 2))
    yield case("focal", "classes", 3, lambda x, y, w: focal(x, y, w, 0.5), options={"gamma": 0.5}, **columns)
    yield case("focal", "classes", 3, lambda x, y, w: functional.cross_entropy(x, y, w), options={"gamma": 0}, **columns)
    yield case("focal", "classes", 1, lambda x, y, w: focal(x, y, w, 2))
    yield case("cross_entropy", "classes", 3, lambda x, y, w: functional.cross_entropy(x, y, w), **columns)
    yield case("mse", "values", 3, lambda x, y, w: functional.mse_loss(x, y))
    yield case("mse", "values", 3, lambda x, y, w: (w * (x - y) ** 2).mean(), **columns)
    yield case("huber", "values", 3, lambda x, y, w: functional.huber_loss(x, y))
    yield case("huber", "values", 1, lambda x, y, w: functional.huber_loss(x, y, delta=2.5), options={"delta": 2.5})


def main():
    with open(os.path.join(HERE, "losses.json"), "w") as file:
        json.dump(list(single_losses()), file, separators=(",", ":"))

    results = []
    for case in cases():
        losses, gradients, weights, logits = run(case)
        results.append({**case, "losses": losses, "gradients": gradients, "weights": weights, "logits": logits})
    with open(os.path.join(HERE, "steps.json"), "w") as file:
        json.dump(results, file, separators=(",", ":"))

    with open(os.path.join(HERE, "epochs.json"), "w") as file:
        json.dump([{**case, **run_epochs(case)} for case in epoch_cases()], file, separators=(",", ":"))

    # 1280 features: ten losses, then the first gradient and the last weights of both tensors.
    losses, gradients, weights, _ = run({
        "inputs": 1280, "outputs": 3, "batch": 32, "train": {"optimizer": {"kind": "adam", "learning_rate": 0.001}}})
    values = losses + gradients["0.weight"] + gradients["0.bias"] + weights["0.weight"] + weights["0.bias"]
    np.asarray(values, "<f8").tofile(os.path.join(HERE, "wide.f64"))

    with open(os.path.join(HERE, "schedules.json"), "w") as file:
        json.dump([{"schedule": s, "epochs": e, "steps_per_epoch": n, "rates": r} for s, e, n, r in schedules()], file)


main()
