"""Weights that are a hash of (name, index), computed alike by Tests/Support/HashFill.swift."""

import math

import numpy as np
import torch


def samples(name, count):
    """The hash of HashFill.swift: multiples of 2^-23 from -1 to below 1."""
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) % 2**64
    x = np.uint64(h) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return (x >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1


def filled(name, shape, gain):
    # PyTorch's attention calls them `in_proj_weight`, a scale has a name of its own.
    kind = name.rsplit(".", 1)[-1].removeprefix("in_proj_").replace("gamma", "weight").replace("scale", "weight")
    if len(shape) > 1:
        offset, scale = 0, math.sqrt(gain / math.prod(shape[1:]))
    else:
        offset, scale = {"weight": (1, 0.5), "bias": (0, 0.2), "running_mean": (0, 0.3), "running_var": (1, 0.5)}[kind]
    values = (offset + scale * samples(name, math.prod(shape))).astype(np.float32)
    return torch.from_numpy(values.reshape(tuple(shape)))


def fill(model, rename=lambda name: name, gain=4.5):
    # The dictionary itself: MNASNet reads the version beside its tensors.
    state = model.state_dict()
    for name, tensor in state.items():
        if not name.endswith(("num_batches_tracked", "relative_position_index")):
            state[name] = filled(rename(name), tensor.shape, gain)
    model.load_state_dict(state)
    return model.double().eval()
