"""torchvision's networks with numbers that no initialiser would give them, so that every tensor matters; and pictures."""

import math
import sys
import zlib

import numpy as np
import PIL.Image
import torch


def import_torchvision():
    """torchvision's compiled part does not load beside another build of torch than its own (a CPU build, say), and then the
    import stops at two operators that only detection needs. Declared, they are not missed."""
    try:
        import torchvision
    except RuntimeError:
        operators = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        import torchvision

        torchvision.declared = operators
    return torchvision


torchvision = import_torchvision()


# With less, EfficientNet's logits hardly depend on the picture; with more, rounding errors grow from layer to layer.
GAIN = 5.2


def network(name, classes=1000, gain=GAIN):
    """A network of torchvision's in evaluation mode, every tensor filled by a seed made of its name."""
    model = getattr(torchvision.models, name)(num_classes=classes)
    # With what torchvision notes beside the tensors: MNASNet asks for it.
    state = model.state_dict()
    for key, tensor in list(state.items()):
        random = np.random.default_rng(zlib.crc32(key.encode()))
        kind = key.rsplit(".", 1)[1]
        shape = tuple(tensor.shape)
        if kind == "num_batches_tracked":
            values = np.array(7)
        elif not tensor.is_floating_point():
            # What follows from a window's size.
            values = tensor.numpy()
        elif len(shape) > 1:
            values = random.uniform(-1, 1, shape) * math.sqrt(gain / math.prod(shape[1:]))
        else:
            offset, scale = {"weight": (1, 0.5), "bias": (0, 0.2), "running_mean": (0, 0.3), "running_var": (1, 0.5)}[kind]
            values = offset + scale * random.uniform(-1, 1, shape)
        state[key] = torch.from_numpy(np.asarray(values)).to(tensor.dtype)
    model.load_state_dict(state)
    return model.eval()


def logits(model, images):
    with torch.inference_mode():
        return model(torch.from_numpy(images)).numpy()


def pictures(folder):
    """Three PNG pictures of waves, of unequal sizes."""
    paths = []
    for number, (width, height) in enumerate([(300, 260), (256, 320), (241, 241)]):
        y, x = np.mgrid[0:height, 0:width]
        waves = [np.sin((x * (1 + c) + y * (3 - c)) / (9 + 5 * number) + c) for c in range(3)]
        pixels = ((np.stack(waves, axis=-1) * 0.5 + 0.5) * 255).astype(np.uint8)
        paths.append(f"{folder}/picture{number}.png")
        PIL.Image.fromarray(pixels).save(paths[-1])
    return paths


def same_bits(found, expected):
    """Compares two state dicts, PyTorch's counters left out."""
    def tensors(state):
        return {name: np.asarray(value) for name, value in state.items() if not name.endswith("num_batches_tracked")}

    found, expected = tensors(found), tensors(expected)
    assert list(found) == list(expected), "other names, or another order"
    for name in expected:
        assert found[name].dtype == expected[name].dtype == np.float32, name
        assert found[name].shape == expected[name].shape, name
        assert found[name].tobytes() == expected[name].tobytes(), name
