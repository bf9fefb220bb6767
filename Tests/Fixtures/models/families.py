"""Makes the fixtures of torchvision's families of maps, and of those after timm: golden outputs, lists of parameters, published facts.

    pip install torch torchvision timm
    python families.py [FAMILY...]

Weights are a hash of (name, index), computed alike by Tests/Support/HashFill.swift. Forward passes run in float64.

`golden_FAMILY.npz` holds one array for each of a family's networks and each size that it is run at, `NAME.BATCHxHxW`: for every
stage in the order of the graph its largest magnitude, then values at every step-th place of its NCHW order, at most SAMPLES;
and `NAME.BATCHxHxW.shapes`, a row a stage (trailing zeros where there are fewer axes).
`torchvision_parameters.txt`, `timm_parameters.txt`: a line a network, its number of tensors and of learnt values, and a hash (FNV-1a) of the
names and shapes in their order. `python families.py --list NAME` shows what was hashed.
`torchvision_weights.txt`: a line a published file, as torchvision's enumerations state it.
"""

import math
import pathlib
import sys

import numpy as np
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


models = import_torchvision().models
import timm  # noqa: E402
from hashes import fill, samples  # noqa: E402

HERE = pathlib.Path(__file__).parent
SAMPLES = 128


def numbered(prefix, numbers):
    return [f"{prefix}{number}" for number in numbers]


RESNET = ["maxpool"] + numbered("layer", range(1, 5))
REGNET = ["stem"] + numbered("trunk_output.block", range(1, 5))
DENSENET = ["features.pool0"] + [f"features.{part}{i}" for i in range(1, 4) for part in ("denseblock", "transition")] + [
    "features.denseblock4", "features.norm5"]
INCEPTION = ["maxpool1", "maxpool2"] + numbered("Mixed_", "5b 5c 5d 6a 6b 6c 6d 6e 7a 7b 7c".split())
GOOGLENET = ["maxpool1", "maxpool2"] + numbered("inception", "3a 3b 4a 4b 4c 4d 4e 5a 5b".split())

# The stages of each family; the networks that are compared at every stage, and those at the last stage only.
FAMILIES = {
    "resnet": (RESNET, ["resnext50_32x4d"], ["resnet101", "resnet152", "wide_resnet50_2"]),
    "regnet": (
        REGNET, ["regnet_y_400mf", "regnet_x_400mf"],
        [f"regnet_{kind}_{size}" for kind in "yx" for size in ("800mf", "1_6gf", "3_2gf", "8gf")],
    ),
    "mobilenet_v2": (numbered("features.", range(19)), ["mobilenet_v2"], []),
    "mnasnet": (
        numbered("layers.", [7, 8, 9, 10, 11, 12, 13, 16]), ["mnasnet0_5"], ["mnasnet0_75", "mnasnet1_0", "mnasnet1_3"]
    ),
    "efficientnet_v2": (numbered("features.", range(8)), ["efficientnet_v2_s"], []),
    "densenet": (DENSENET, ["densenet121"], ["densenet161", "densenet169", "densenet201"]),
    "googlenet": (GOOGLENET, ["googlenet"], []),
    "inception_v3": (INCEPTION, ["inception_v3"], []),
    "shufflenet_v2": (
        ["maxpool", "stage2", "stage3", "stage4", "conv5"], ["shufflenet_v2_x0_5"],
        ["shufflenet_v2_x1_0"],
    ),
    "vgg": (numbered("features.", [3, 7, 14, 21, 28]), ["vgg11_bn"], []),
    "alexnet": (numbered("features.", [2, 5, 12]), ["alexnet"], []),
    "mobilenetv4": (
        numbered("blocks.", range(5)), ["mobilenetv4_conv_small"], ["mobilenetv4_conv_medium", "mobilenetv4_conv_large"]
    ),
    "mobilenetv4_hybrid": (numbered("blocks.", range(5)), ["mobilenetv4_hybrid_medium"], []),
    "squeezenet": (
        numbered("features.", [2, 4, 5, 7, 8, 12]), ["squeezenet1_1"], []
    ),
    "squeezenet1_0": (numbered("features.", [2, 5, 6, 10, 11, 12]), ["squeezenet1_0"], []),
    "swin": (numbered("features.", range(8)) + ["norm"], ["swin_t"], []),
    "repvit": (["stem.conv2"] + numbered("stages.", range(4)), ["repvit_m1", "repvit_m0_9"], ["repvit_m2_3"]),
    "hgnetv2": (["stem"] + numbered("stages.", range(4)), ["hgnetv2_b0"], ["hgnetv2_b3", "hgnetv2_b4"]),
}

# Variants whose tensors alone are compared.
LISTED = [f"repvit_{name}" for name in ("m2", "m3", "m1_0", "m1_1", "m1_5")] + [f"hgnetv2_b{i}" for i in (1, 2, 5, 6)]
# The networks that are built after timm.
TIMM = [
    name for family in ("mobilenetv4", "mobilenetv4_hybrid", "repvit", "hgnetv2")
    for name in FAMILIES[family][1] + FAMILIES[family][2]
] + LISTED

# Where the default of 4.5 lets activations explode: networks that clip, or whose gates or attention saturate then.
GAINS = {"mobilenet_v2": 3, "efficientnet_v2": 3, "mobilenetv4_hybrid": 1.5}
# Batch, height, width. The last one also for the networks that are compared at the last stage only.
SIZES = {"inception_v3": [(1, 107, 139), (3, 80, 96)], "squeezenet1_0": [(3, 64, 80)], "repvit": [(1, 97, 129), (3, 64, 48)]}
DEFAULT_SIZES = [(1, 97, 129), (3, 64, 80)]


def network(name):
    if name in TIMM:
        # Of two classifiers, the one that is not for distillation.
        return timm.create_model(name, **({"distillation": False} if name.startswith("repvit") else {}))
    if name in ("googlenet", "inception_v3"):
        return getattr(models, name)(aux_logits=False, init_weights=False)
    return getattr(models, name)()


def hashed_input(batch, height, width):
    count = 3 * height * width
    values = [samples("input" if image == 0 else f"input{image}", count) for image in range(batch)]
    return torch.from_numpy((2 * np.stack(values)).astype(np.float32).reshape(batch, 3, height, width)).double()


def outputs(model, stages, x):
    """The outputs of the modules `stages`, the input of the last linear layer, and the logits."""
    found, hooks = {}, []
    for name in stages:
        # What follows may change it in place.
        hooks.append(model.get_submodule(name).register_forward_hook(
            lambda module, inputs, output, name=name: found.update({name: output.clone()})))
    linears = [module for module in model.modules() if isinstance(module, torch.nn.Linear)]
    # SqueezeNet's classifier is a convolution.
    linear = linears[-1] if linears else model.classifier[1]
    hooks.append(linear.register_forward_pre_hook(lambda module, inputs: found.update(pooled=inputs[0].clone())))
    with torch.no_grad():
        found["logits"] = model(x)
    for hook in hooks:
        hook.remove()
    return found


def store(arrays, key, found):
    packed, shapes = [], []
    for name, output in found.items():
        if key.startswith("swin") and output.dim() == 4:
            # Its images have their channels last.
            output = output.permute(0, 3, 1, 2)
        step = max(1, output.numel() // SAMPLES) | 1
        values = output.flatten()[::step][:SAMPLES]
        packed += [float(output.abs().max()), *values.tolist()]
        shapes.append((list(output.shape[1:]) + [0, 0])[:3])
        print(f"{key}.{name} {list(output.shape)} std {output.std():.3g}", flush=True)
    arrays[key] = np.array(packed, dtype=np.float32)
    arrays[f"{key}.shapes"] = np.array(shapes, dtype=np.int32)


def golden(family):
    stages, whole, rest = FAMILIES[family]
    arrays = {}
    for name in whole + rest:
        model = fill(network(name), gain=GAINS.get(family, 4.5))
        sizes = SIZES.get(family, DEFAULT_SIZES)
        for size in sizes if name in whole else sizes[1:]:
            found = outputs(model, stages if name in whole else stages[-1:], hashed_input(*size))
            store(arrays, f"{name}." + "x".join(map(str, size)), found)
    np.savez_compressed(HERE / f"golden_{family}.npz", **arrays)


# Facts


def convolutional():
    return [
        name for name in models.list_models(module=models)
        if not name.startswith(("vit", "swin_v2", "maxvit", "convnext"))
    ]


def layers(name):
    """A line a tensor: name and shape, in order."""
    # RegNet computes its table with tensors.
    with torch.device("cpu" if name.startswith("regnet") else "meta"):
        model = network(name)
    lines = [
        f"{key} {'x'.join(map(str, tensor.shape))}" for key, tensor in model.state_dict().items()
        if not key.endswith(("num_batches_tracked", "relative_position_index"))
    ]
    # Graft has attention's tensors in another order.
    return sorted(lines) if name.startswith("swin") else lines, sum(parameter.numel() for parameter in model.parameters())


def fnv(text):
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = ((h ^ byte) * 0x100000001B3) % 2**64
    return f"{h:016x}"


def facts():
    lines = []
    for name in convolutional():
        tensors, count = layers(name)
        lines.append(f"{name} {len(tensors)} {count} {fnv(chr(10).join(tensors))}")
    (HERE / "torchvision_parameters.txt").write_text("\n".join(lines) + "\n")
    lines = []
    for name in TIMM:
        tensors, count = layers(name)
        lines.append(f"{name} {len(tensors)} {count} {fnv(chr(10).join(tensors))}")
    (HERE / "timm_parameters.txt").write_text("\n".join(lines) + "\n")
    lines = []
    for name in convolutional():
        entries = models.get_model_weights(name)
        for entry in sorted(entries, key=lambda entry: entry is not entries.DEFAULT):
            transform, meta = entry.transforms(), entry.meta
            accuracy = meta["_metrics"]["ImageNet-1K"]["acc@1"]
            if math.isnan(accuracy):
                # A part of a network, without classes.
                continue
            lines.append(" ".join(map(str, [
                name, entry.name.lower(), entry.url, transform.resize_size[0], transform.crop_size[0],
                transform.interpolation.value, *transform.mean, *transform.std, accuracy, meta["_ops"],
                "other" if "license" in meta else "BSD-3-Clause",
            ])))
    (HERE / "torchvision_weights.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--list"]:
        print("\n".join(layers(sys.argv[2])[0]))
    else:
        facts()
        for family in sys.argv[1:] or FAMILIES:
            golden(family)
