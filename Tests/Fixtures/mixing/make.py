"""What torchvision's MixUp and CutMix make of a batch, and what torch's cross entropy says of probabilities.

    python make.py          # torch 2.13.0, torchvision 0.28.0

Images and logits follow from the integer hash of Tests/Fixtures/training/make.py, which the tests compute too. mixing.json
holds float32 images [N, H, W, C] and targets; losses.json holds doubles.
"""

import json
import pathlib
import sys
from unittest import mock

import numpy as np
import torch
from torch.nn import functional

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parents[1] / "Interop"))
from networks import import_torchvision  # noqa: E402

import_torchvision()
from torchvision.transforms import v2  # noqa: E402

SHAPE, CLASSES = (5, 6, 4, 3), 3
LABELS = [2, 0, 0, 1, 2]


def noise(salt, count):
    x = (np.arange(count, dtype=np.uint64) * 2654435761 + salt * 2246822519) % 2**32
    x ^= x >> 15
    x = x * 2246822519 % 2**32
    x ^= x >> 13
    x = x * 3266489917 % 2**32
    x ^= x >> 16
    return (x >> 8).astype(np.float64) / 2**23 - 1


class Fixed:
    def __init__(self, share):
        self.share = share

    def sample(self, _):
        return torch.tensor(self.share, dtype=torch.float64)


def mixed(case):
    images = torch.from_numpy(noise(1, int(np.prod(SHAPE))).astype(np.float32)).reshape(SHAPE).permute(0, 3, 1, 2)
    kind = {"mixup": v2.MixUp, "cutmix": v2.CutMix}[case["kind"]](alpha=1.0, num_classes=CLASSES)
    kind._dist = Fixed(case["share"])
    places = [torch.tensor([number]) for number in (case.get("column", 0), case.get("row", 0))]
    with mock.patch("torch.randint", side_effect=places):
        images, targets = kind(images.contiguous(), torch.tensor(LABELS))
    return {**case, "images": images.permute(0, 2, 3, 1).flatten().tolist(), "targets": targets.flatten().tolist()}


def mixings():
    for share in (0.3, 0.9137, 1.0, 0.0):
        yield {"kind": "mixup", "share": share}
    for share, row, column in ((0.3, 2, 1), (0.3, 0, 3), (0.95, 5, 0), (0.0, 3, 2), (1.0, 3, 2)):
        yield {"kind": "cutmix", "share": share, "row": row, "column": column}


def loss(case):
    classes, outputs = case["classes"], case["outputs"]
    logits = torch.from_numpy(4 * noise(11, 6 * outputs)).reshape(6, outputs).requires_grad_()
    targets = torch.from_numpy(np.abs(noise(12, 6 * classes))).reshape(6, classes).float()
    targets = (targets / targets.sum(1, keepdim=True)).double()
    rows = logits if outputs > 1 else torch.cat([torch.zeros_like(logits), logits], 1)
    weights = torch.tensor(case["weights"], dtype=torch.float64) if "weights" in case else None
    value = functional.cross_entropy(rows, targets, weight=weights, label_smoothing=case.get("smoothing", 0))
    value.backward()
    return {**case, "targets": targets.flatten().tolist(), "mean": value.item(), "gradient": logits.grad.flatten().tolist(),
            "correct": int((rows.argmax(1) == targets.argmax(1)).sum())}


def losses():
    for classes, outputs in ((4, 4), (2, 2), (2, 1)):
        size = {"classes": classes, "outputs": outputs}
        weights = [0.5, 2, 1.25, 0][:classes]
        yield size
        yield {**size, "smoothing": 0.2}
        yield {**size, "weights": weights}
        yield {**size, "smoothing": 0.1, "weights": weights}


for name, cases in (("mixing", map(mixed, mixings())), ("losses", map(loss, losses()))):
    (here / f"{name}.json").write_text("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]\n")
