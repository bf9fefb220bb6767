"""Writes the checkpoints in `trainers/` as training programs leave them, with PyTorch 2.13, and their values as NumPy's.

    python trainers.py        # needs torch, numpy

What `torch.load(weights_only=True)` says of each is checked here, so that the tests know what PyTorch takes and refuses.
"""
import argparse
import collections
import datetime
import enum
import io
import pathlib
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).parent / "trainers"
torch.manual_seed(11)


class Split(enum.Enum):
    TRAIN = "train"


class Config(dict):
    """As yacs, omegaconf and the like have one."""


class Wrapped(torch.Tensor):
    """As fastai's TensorImage: a tensor with a name of its own."""


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(2, 3))
        self.scale = 2.5
        self.sizes = [1, 2]

    def forward(self, x):
        return self.classifier(self.features(x).mean([2, 3])) * self.scale + float(self.sizes[0])


def randomised(net):
    with torch.no_grad():
        for value in net.state_dict().values():
            if value.is_floating_point():
                value.copy_(torch.rand_like(value) + 0.5)
    return net


def save(value, name, takes=True, **options):
    """`takes`: whether PyTorch's restricted reader opens it."""
    torch.save(value, HERE / name, **options)
    try:
        torch.load(HERE / name, weights_only=True)
        taken = True
    except Exception as error:  # noqa: BLE001
        taken = False
        if takes:
            raise error
    assert taken == takes, name


def values(name, state):
    np.savez_compressed(HERE / name, **{key: value.detach().double().numpy().astype("f4") for key, value in state.items()})


def inert(tensor):
    """All that the restricted reader takes beside a tensor."""
    parameter = nn.Parameter(torch.ones(2))
    parameter.note = "an attribute"
    return {
        "state_dict": OrderedDict(weight=tensor),
        "counter": collections.Counter("aab"),
        "ordered": OrderedDict([("a", 1), ("b", [2, (3, None)])]),
        "device": torch.device("cuda:1"),
        "dtypes": [torch.float32, torch.bfloat16, torch.float8_e4m3fn, torch.complex64, torch.uint16, torch.qint8],
        "layout": torch.strided,
        "size": torch.Size([2, 3]),
        "set": {1, "two"},
        "bytes": b"ab\xff\x00",
        "bytearray": bytearray(b"ab\xff"),
        "complex": 1 + 2j,
        "long": -(1 << 90),
        "float": float("nan"),
        "surrogates": "caf\udce9",
        "optimizer": torch.optim.Adam([parameter]).state_dict(),
        "rng_state": torch.get_rng_state()[:16],
    }


def opaque(tensor):
    """What it refuses, beside a tensor."""
    return {
        "state_dict": OrderedDict(weight=tensor),
        "args": argparse.Namespace(lr=0.1, out=pathlib.PurePosixPath("/runs/1"), nested=argparse.Namespace(a=[1])),
        "best": np.float64(0.9375),
        "history": [np.float32(0.5), {"confusion": np.arange(4).reshape(2, 2)}],
        "path": pathlib.PurePosixPath("/runs/1"),
        "when": datetime.datetime(2024, 1, 2, 3, 4),
        "split": Split.TRAIN,
        "config": Config(depth=3),
        "frozen": frozenset([1]),
        "slice": slice(1, 2),
        "default": collections.defaultdict(list, {"a": [1]}),
    }


def types():
    wide = torch.tensor([0.0, -0.0, 0.001, -0.0625, 0.5, 1, -3.3, 17, 240, 448, -57344])
    eight = {
        "float8_e4m3fn": wide.clamp(-448, 448).to(torch.float8_e4m3fn),
        "float8_e5m2": wide.to(torch.float8_e5m2),
        "float8_e4m3fnuz": wide.clamp(-240, 240).to(torch.float8_e4m3fnuz),
        "float8_e5m2fnuz": wide.to(torch.float8_e5m2fnuz),
        "float8_e8m0fnu": torch.tensor([2.0**-127, 2.0**-126, 0.5, 1, 2.0**127]).to(torch.float8_e8m0fnu),
        "float8.view": torch.arange(12.0).reshape(3, 4).to(torch.float8_e4m3fn).t()[1:3],
    }
    parameter = nn.Parameter(torch.randn(3))
    parameter.note = "an attribute"
    other = {
        "uint16": torch.tensor([0, 1, 65535], dtype=torch.uint16),
        "uint32": torch.tensor([0, 1, 1 << 24], dtype=torch.uint32),
        "uint64": torch.tensor([0, 1, 1 << 40], dtype=torch.uint64),
        "uint16.view": torch.arange(6, dtype=torch.int32).reshape(2, 3).to(torch.uint16)[:, 1:],
        "parameter": parameter,
        "buffer": nn.Buffer(torch.randn(2)),
    }
    return OrderedDict([*eight.items(), *other.items()])


def every_byte():
    """All finite values of the 8-bit types, with their values."""
    tensors, golden = OrderedDict(), {}
    for kind in [torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu]:
        bits = torch.arange(256, dtype=torch.int32).to(torch.uint8)
        finite = torch.isfinite(bits.view(kind).float())
        tensors[str(kind)[6:]] = bits[finite].view(kind)
        golden[str(kind)[6:]] = bits[finite].view(kind).float()
    return tensors, golden


def swapped(source, name):
    """The same checkpoint as a big-endian machine writes it."""
    widths = {}
    state = torch.load(HERE / source, weights_only=True)
    for index, tensor in enumerate(state.values()):
        widths[str(index)] = tensor.element_size()
    with zipfile.ZipFile(HERE / source) as old, zipfile.ZipFile(HERE / name, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            if "/data/" in info.filename:
                data = np.frombuffer(data, f"u{widths[info.filename.rsplit('/')[-1]]}").byteswap().tobytes()
            if info.filename.endswith("byteorder"):
                data = b"big"
            new.writestr(info.filename.replace(source[:-4], name[:-4]), data)
    again = torch.load(HERE / name, weights_only=True)
    for key, tensor in state.items():
        assert torch.equal(again[key], tensor), key


def main():
    HERE.mkdir(exist_ok=True)
    tensor = torch.randn(2, 3)
    values("weight.npz", {"weight": tensor})
    save(inert(tensor), "inert.pth")
    save(inert(tensor), "inert_legacy.pth", _use_new_zipfile_serialization=False)
    for protocol in [3, 4, 5]:
        # The restricted reader knows protocol 2; Python itself writes the others.
        torch.save(inert(tensor), HERE / f"inert{protocol}.pth", pickle_protocol=protocol)
        torch.save(opaque(tensor), HERE / f"opaque{protocol}.pth", pickle_protocol=protocol)
    save(opaque(tensor), "opaque.pth", takes=False)
    save(opaque(tensor), "opaque_legacy.pth", takes=False, _use_new_zipfile_serialization=False)

    state = types()
    save(state, "types.pth")
    values("types.npz", state)
    tensors, golden = every_byte()
    save(tensors, "bytes.pth")
    values("bytes.npz", golden)
    wrapped = torch.randn(2, 2).as_subclass(Wrapped)
    save(OrderedDict(weight=wrapped), "subclass.pth", takes=False)
    values("subclass.npz", {"weight": wrapped.as_subclass(torch.Tensor)})

    little = OrderedDict(
        float32=torch.randn(3, 2), float64=torch.randn(3, dtype=torch.float64), float16=torch.randn(5).half(),
        bfloat16=torch.randn(4).bfloat16(), int64=torch.tensor([1, -2, 3]), int32=torch.tensor([7, -8], dtype=torch.int32),
        int16=torch.tensor([300, -300], dtype=torch.int16), int8=torch.tensor([-3], dtype=torch.int8),
        bool=torch.tensor([True, False]), transposed=torch.randn(3, 2).t())
    save(little, "little.pth")
    swapped("little.pth", "big.pth")
    values("little.npz", little)

    # Tensors that are not read, each beside one that is.
    one = torch.ones(2)
    save(OrderedDict(one=one, quantized=torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)), "quantized.pth")
    save(OrderedDict(one=one, sparse=torch.eye(3).to_sparse()), "sparse.pth")
    save(OrderedDict(one=one, complex=torch.ones(2, dtype=torch.complex64)), "complex.pth")
    save(OrderedDict(one=one, negated=torch.complex(one, one).conj().imag), "negated.pth")
    save(OrderedDict(one=one, meta=torch.ones(2, device="meta")), "meta.pth")

    # Sets of weights.
    net, average = randomised(Net()).eval(), randomised(Net()).eval()
    plain, mean = net.state_dict(), average.state_dict()
    values("net.npz", plain)
    values("average.npz", mean)
    save({"epoch": 3, "state_dict": plain, "state_dict_ema": mean, "metric": 0.5}, "timm.pth")
    save({"epoch": 3, "model": plain, "model_ema": {"n_averaged": torch.tensor(9), **{"module." + k: v for k, v in mean.items()}},
          "optimizer": torch.optim.SGD(net.parameters(), 0.1, momentum=0.9).state_dict()}, "torchvision.pth")
    save({"ema": {"decay": 0.99, "module": mean}, "rng_state": torch.get_rng_state()[:16], "model": {"net": plain}}, "nested.pth")
    averaged = torch.optim.swa_utils.AveragedModel(net)
    save(averaged.state_dict(), "averaged.pth")
    save({"generator": plain, "discriminator": mean}, "two.pth")
    save({"backbone": net.features.state_dict(), "head": net.classifier.state_dict()}, "parts.pth")
    save(plain | {"torch_rng": torch.get_rng_state()[:16]}, "flat.pth")

    # TorchScript.
    torch.jit.save(torch.jit.script(net), HERE / "script.pt")
    torch.jit.save(torch.jit.trace(net, torch.ones(1, 3, 8, 8)), HERE / "traced.pt")
    torch.jit.save(torch.jit.freeze(torch.jit.script(net)), HERE / "frozen.pt")
    # A program without its code's text is as good here, and half the size.
    for name in ["script.pt", "traced.pt", "frozen.pt"]:
        buffer = io.BytesIO((HERE / name).read_bytes())
        with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(HERE / name, "w") as new:
            for info in old.infolist():
                if "debug_pkl" not in info.filename:
                    new.writestr(info, old.read(info))

    big = {"f4": ">f4", "f8": ">f8", "f2": ">f2", "i8": ">i8", "i4": ">i4", "i2": ">i2", "u2": ">u2", "u4": "<u4"}
    ramp = np.arange(-6, 6).reshape(2, 3, 2)
    arrays = {name: (abs(ramp) if name[0] == "u" else ramp).astype(kind) for name, kind in big.items()}
    arrays["fortran"] = np.asfortranarray(ramp.astype(">f4"))
    arrays["fortran8"] = np.asfortranarray(ramp[:, :, 0].astype(">i8"))
    np.savez_compressed(HERE / "arrays.npz", **arrays)
    print(sum(path.stat().st_size for path in HERE.iterdir()), "bytes")


main()
