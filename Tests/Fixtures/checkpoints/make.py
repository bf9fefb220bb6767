"""Writes the checkpoints in this folder with PyTorch, and what they hold as float32 in NumPy's format.

    python make.py            # needs torch, numpy, safetensors

Tensors with whole numbers in them are exact in float32; the rest are rounded to nearest by PyTorch's own `.float()`.
Run again, it writes the same bytes, but for the legacy layout, which names storages by their address.
"""
import os
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent
torch.manual_seed(7)


def state():
    shared = torch.randn(6, 4)
    return OrderedDict(
        [
            ("conv.weight", torch.randn(4, 3, 3, 2)),
            ("channels_last", torch.randn(2, 5, 3, 4).to(memory_format=torch.channels_last)),
            ("tensorflow", torch.randn(3, 2, 5, 4).permute(3, 2, 0, 1)),
            ("transposed", torch.randn(5, 7).t()),
            ("sliced", torch.randn(9, 8)[2:8:3, 1:7:2]),
            ("expanded", torch.randn(3, 1).expand(3, 4)),
            ("tied.a", shared),
            ("tied.b", shared),
            ("tied.rows", shared[2:5]),
            ("tied.column", shared[:, 1]),
            ("scalar", torch.tensor(-2.5)),
            ("empty", torch.zeros(0, 3)),
            ("float64", torch.randn(3, 3, dtype=torch.float64)),
            ("float16", torch.tensor([0.0, -0.0, 1.0, -1.5, 65504.0, 6.1e-5, 6e-8, 3.3e-6, 0.333]).half()),
            ("float16.transposed", torch.randn(4, 3).half().t()),
            ("bfloat16", torch.randn(4, 5).bfloat16()),
            ("int64", torch.tensor([[1, -2], [16777216, -16777216]])),
            ("int32", torch.tensor([7, -8], dtype=torch.int32)),
            ("int16", torch.tensor([32767, -32768], dtype=torch.int16)),
            ("int8", torch.tensor([127, -128], dtype=torch.int8)),
            ("uint8", torch.tensor([0, 255], dtype=torch.uint8)),
            ("bool", torch.tensor([[True, False, True]])),
        ]
    )


class Evil:
    def __reduce__(self):
        return os.system, ("touch graft-was-here",)


def save(value, name, **options):
    torch.save(value, HERE / name, **options)


def main():
    tensors = state()
    np.savez(HERE / "values.npz", **{name: tensor.detach().float().numpy() for name, tensor in tensors.items()})
    save(tensors, "zip.pth")
    save(tensors, "legacy.pth", _use_new_zipfile_serialization=False)
    save(tensors, "protocol4.pth", pickle_protocol=4)
    save_file(
        {name: tensor.contiguous().clone() for name, tensor in tensors.items()},
        HERE / "plain.safetensors", metadata={"format": "pt", "title": 'a "quoted" ü\n'})

    model = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.Linear(8, 2))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(2, 3, 4, 4)).sum().backward()
    optimizer.step()
    whole = {
        "epoch": 3,
        "best": 0.5,
        "arch": "tiny",
        "state_dict": OrderedDict(("module." + name, value) for name, value in model.state_dict().items()),
        "optimizer": optimizer.state_dict(),
    }
    np.savez(HERE / "training_values.npz", **{name: value.float().numpy() for name, value in whole["state_dict"].items()})
    save(whole, "training.pth")
    save(whole, "training_legacy.pth", _use_new_zipfile_serialization=False)
    save({"model": {"params": whole["state_dict"]}}, "nested.pth")
    save({"generator": model.state_dict(), "discriminator": model.state_dict()}, "two.pth")
    save(dict(model.named_parameters()), "parameters.pth")
    save({"epoch": 3, "history": [0.5, 0.25]}, "no_tensors.pth")
    save([torch.ones(2)], "list.pth")

    save({"weight": torch.ones(2), "evil": Evil()}, "evil.pth")
    save({"weight": torch.ones(2), "evil": Evil()}, "evil_legacy.pth", _use_new_zipfile_serialization=False)
    save({"weight": torch.ones(2), "history": np.arange(3)}, "numpy.pth")
    save(model, "module.pth")
    save({"weight": torch.ones(2), "names": {"a"}}, "set.pth", pickle_protocol=4)
    save(OrderedDict(weight=torch.tensor([1.0, float("nan")])), "nan.pth")
    save(OrderedDict(weight=torch.tensor([1.0, 1e300], dtype=torch.float64)), "too_large.pth")
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), HERE / "script.pt")


def check_written():
    """Opens the files that Graft's writers made (a test compares them with the writers' output, byte by byte)."""
    expected = {
        "features.0.weight": torch.tensor([1, -2, 0.5, 1e-30, 3e38, -0.0]).reshape(2, 1, 1, 3),
        "ü": torch.tensor(7.0),
        "none": torch.zeros(0, 4),
        "classifier.1.bias": torch.tensor([0.1, 0.2, 0.3]),
    }
    for found in [
        torch.load(HERE / "written.pth", weights_only=True),
        torch.load(HERE / "written.pth", weights_only=True, mmap=True),
        load_file(HERE / "written.safetensors"),
    ]:
        assert set(found) == set(expected)
        for name, tensor in expected.items():
            assert found[name].dtype == torch.float32 and found[name].shape == tensor.shape, name
            assert torch.equal(found[name], tensor), name
    with safe_open(HERE / "written.safetensors", "pt") as file:
        assert file.metadata() == {"format": "pt", "note": 'a "quoted"\\\n'}


main()
check_written()
