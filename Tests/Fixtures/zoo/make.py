"""Writes windows.txt: output sizes of PyTorch's convolutions and poolings (also with `ceil_mode`), and of timm's TensorFlow-"same" convolutions.

    pip install torch timm
    python make.py

A line: kind, input HxW, kernel, stride, dilation, margin (or "same"), output HxW, or "none" where the window does not fit.
"""

import pathlib
import random

import timm.layers
import torch
from torch import nn

random.seed(7)
lines = []


def text(pair):
    return "x".join(map(str, pair))


for number in range(300):
    kind = ["conv", "same", "max", "average"][number % 4]
    size = [random.randint(1, 40), random.randint(1, 40)]
    kernel = [random.randint(1, 7), random.randint(1, 7)]
    stride = [random.randint(1, 4), random.randint(1, 4)]
    dilation = [random.randint(1, 3), random.randint(1, 3)] if kind in ("conv", "same") else [1, 1]
    margin = [random.randint(0, side // 2) for side in kernel]
    if kind == "conv":
        layer = nn.Conv2d(1, 1, tuple(kernel), tuple(stride), tuple(margin), tuple(dilation))
    elif kind == "same":
        layer = timm.layers.Conv2dSame(1, 1, tuple(kernel), tuple(stride), dilation=tuple(dilation))
    elif kind == "max":
        layer = nn.MaxPool2d(tuple(kernel), tuple(stride), tuple(margin))
    else:
        layer = nn.AvgPool2d(tuple(kernel), tuple(stride), tuple(margin))
    try:
        output = text(layer(torch.zeros(1, 1, *size)).shape[2:])
    except RuntimeError:
        output = "none"
    margin = "same" if kind == "same" else text(margin)
    lines.append(f"{kind} {text(size)} {text(kernel)} {text(stride)} {text(dilation)} {margin} {output}")

for number in range(80):
    size = [random.randint(1, 12), random.randint(1, 12)]
    kernel = [random.randint(1, 5), random.randint(1, 5)]
    stride = [random.randint(1, 4), random.randint(1, 4)]
    margin = [random.randint(0, side // 2) for side in kernel]
    try:
        layer = nn.MaxPool2d(tuple(kernel), tuple(stride), tuple(margin), ceil_mode=True)
        output = text(layer(torch.zeros(1, 1, *size)).shape[2:])
    except RuntimeError:
        output = "none"
    lines.append(f"ceil {text(size)} {text(kernel)} {text(stride)} 1x1 {text(margin)} {output}")

pathlib.Path(__file__).with_name("windows.txt").write_text("\n".join(lines) + "\n")
