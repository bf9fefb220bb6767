"""What Docs/tour.sh does in Python: makes a checkpoint, runs Graft's files in other programs, compares bits.

    python tour.py checkpoint FILE SEED FOLDER           a torchvision network as one would get it from elsewhere
    python tour.py logits MODEL.npz FOLDER FILE…         each file in a program of its own, against `graft predict`
    python tour.py bits MODEL.npz OTHER.npz…             equal tensors and classes?
    python tour.py rows MODEL.npz EDITED.npz OLD=NEW…    equal rows of the head, and else equal tensors?

A folder holds a folder of pictures for each class.
"""

import pathlib
import sys

import numpy as np
import onnxruntime
import safetensors.torch
import torch
from graft import arrays, description, difference, graft, prepared
from networks import logits, torchvision

NETWORK = "mobilenet_v3_small"
# Of the largest logit.
TOLERANCE = 1e-4


def pictures(folder, count):
    """The first pictures of each class."""
    classes = sorted(path for path in pathlib.Path(folder).iterdir() if path.is_dir())
    return [str(path) for each in classes for path in sorted(each.glob("*.jpg"))[:count]]


def checkpoint(path, seed, folder):
    """A seeded network. Its batch norms have seen the pictures, so that its features tell them apart."""
    torch.manual_seed(int(seed))
    model = getattr(torchvision.models, NETWORK)()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    preprocessing = {"resize": 256, "crop": 224, "interpolation": "bilinear",
                     "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    images = np.concatenate([prepared(picture, preprocessing) for picture in pictures(folder, 10)])
    with torch.no_grad():
        model.train()(torch.from_numpy(images))
    torch.save(model.state_dict(), path)
    print(f"{path}: torchvision's {NETWORK} with random weights, seed {seed}")


def answers(path, images, classes):
    """The name of the program that runs the file, and its logits."""
    if path.endswith(".onnx"):
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        return "ONNX Runtime", session.run(["logits"], {"image": images})[0]
    model = getattr(torchvision.models, NETWORK)(num_classes=classes)
    if path.endswith(".npz"):
        reader, state = "NumPy and PyTorch", {name: torch.from_numpy(array) for name, array in arrays(path).items()}
    elif path.endswith(".safetensors"):
        reader, state = "safetensors and PyTorch", safetensors.torch.load_file(path)
    else:
        reader, state = "PyTorch", torch.load(path, weights_only=True)
    model.load_state_dict(state, strict=True)
    return reader, logits(model.eval(), images)


def compare_logits(model, folder, *files):
    about, paths = description(model), pictures(folder, 3)
    images = np.concatenate([prepared(path, about["preprocessing"]) for path in paths])
    predictions = graft("predict", model, *paths, "--json", "--logits")["predictions"]
    expected = [each["logits"] for each in predictions]
    print(f"{len(paths)} pictures; greatest difference as a part of the largest logit ({TOLERANCE:.0e} is allowed):")
    for path in files:
        reader, found = answers(path, images, len(about["classes"]))
        found = difference(found, expected)
        print(f"{path:<18} {reader:<24} {found:.1e}")
        # Written so that NaN fails.
        if not found <= TOLERANCE:
            sys.exit(f"{path}: {found:.1e} is too much")


def compare_bits(model, *others):
    expected = arrays(model)
    for path in others:
        found = arrays(path)
        if list(found) != list(expected):
            sys.exit(f"{path}: other tensors than {model}")
        if description(path)["classes"] != description(model)["classes"]:
            sys.exit(f"{path}: other classes than {model}")
        for name, array in expected.items():
            other = found[name]
            if (other.dtype, other.shape) != (array.dtype, array.shape) or other.tobytes() != array.tobytes():
                sys.exit(f"{path}: {name} is not that of {model}")
        print(f"{path:<24} all {len(expected)} tensors are those of {model}, bit by bit")


def compare_rows(model, edited, *pairs):
    """Rows of the last layer under their old and new class names; all other tensors have to be equal."""
    before, after = arrays(model), arrays(edited)
    old, new = description(model)["classes"], description(edited)["classes"]
    layer = list(before)[-1].rsplit(".", 1)[0]
    for name, array in before.items():
        if not name.startswith(layer + ".") and array.tobytes() != after[name].tobytes():
            sys.exit(f"{edited}: {name} is not that of {model}")
    for pair in pairs:
        was, now = pair.split("=")
        for name in (f"{layer}.weight", f"{layer}.bias"):
            if before[name][old.index(was)].tobytes() != after[name][new.index(now)].tobytes():
                sys.exit(f"{edited}: the row of {now} in {name} is not that of {was} in {model}")
        print(f"{now}: the row of {was}, bit by bit")
    print(f"{edited}: {', '.join(new)}; nothing else has changed")


commands = {"checkpoint": checkpoint, "logits": compare_logits, "bits": compare_bits, "rows": compare_rows}
commands[sys.argv[1]](*sys.argv[2:])
