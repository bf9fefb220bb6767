"""Folders as model hubs keep them, made by transformers and timm: the descriptions, the tensors' names and shapes, and what the
networks answer with weights and an image that are hashes (`hashes.py` of the models' fixtures). The weights themselves are made
by the test.

usage: make.py (torch, transformers, timm)
"""
import json
import pathlib
import runpy
import shutil
import tempfile

import torch
from safetensors.torch import load_file, save_file

HERE = pathlib.Path(__file__).parent
# Not by the folder: a script there is called transformers.py.
samples = runpy.run_path(str(HERE.parent / "models" / "hashes.py"))["samples"]

NAMES = ["pizza", "steak", "sushi"]
LABELS = {"id2label": dict(enumerate(NAMES)), "label2id": {name: index for index, name in enumerate(NAMES)}}
SIDE = 64


def filled(name, shape):
    """As the test does it: by rank and the name's last part."""
    count = torch.Size(shape).numel()
    last = name.rsplit(".", 1)[-1]
    if len(shape) > 1:
        offset, scale = 0, (4.5 / (count / shape[0])) ** 0.5
    else:
        offset, scale = {"bias": (0, 0.2), "running_mean": (0, 0.3)}.get(last, (1, 0.5))
    values = torch.from_numpy(offset + scale * samples(name, count)).float()
    return values.reshape(tuple(shape))


def describe(name, save, load, side=SIDE):
    """The names are those of the file: in memory, transformers has others."""
    with tempfile.TemporaryDirectory() as folder:
        save(folder)
        file = str(pathlib.Path(folder) / "model.safetensors")
        state = {key: value for key, value in load_file(file).items() if not key.endswith("num_batches_tracked")}
        shapes = {key: list(value.shape) for key, value in state.items()}
        save_file({key: filled(key, value.shape) for key, value in state.items()}, file, {"format": "pt"})
        model = load(folder)
        target = HERE / name
        target.mkdir(exist_ok=True)
        for file in ("config.json", "preprocessor_config.json"):
            if (pathlib.Path(folder) / file).exists():
                shutil.copy(pathlib.Path(folder) / file, target / file)
    image = torch.from_numpy(2 * samples("input", 3 * side * side)).float().reshape(1, 3, side, side)
    with torch.no_grad():
        answer = model.double().eval()(image.double())
    logits = answer if torch.is_tensor(answer) else answer.logits
    (target / "answer.json").write_text(
        json.dumps({"side": side, "logits": logits[0].tolist(), "shapes": shapes}, indent=0) + "\n")
    print(name, len(shapes), logits[0].tolist())


def main():
    import timm
    import transformers as hub
    from timm.models._hub import save_for_hf

    def transformer(name, kind, configuration, processor=None, side=SIDE):
        model = kind(configuration)

        def save(folder):
            model.save_pretrained(folder)
            if processor:
                processor.save_pretrained(folder)

        describe(name, save, kind.from_pretrained, side)

    transformer(
        "vit", hub.ViTForImageClassification,
        hub.ViTConfig(hidden_size=192, num_attention_heads=3, intermediate_size=768, layer_norm_eps=1e-6, **LABELS),
        hub.ViTImageProcessor(resample=3), side=224)
    transformer(
        "convnext", hub.ConvNextForImageClassification,
        hub.ConvNextConfig(hidden_sizes=[40, 80, 160, 320], depths=[2, 2, 6, 2], **LABELS),
        hub.ConvNextImageProcessor(size={"shortest_edge": 224}))
    transformer(
        "resnet", hub.ResNetForImageClassification,
        hub.ResNetConfig(hidden_sizes=[64, 128, 256, 512], depths=[2, 2, 2, 2], layer_type="basic", **LABELS))
    transformer(
        "regnet", hub.RegNetForImageClassification,
        hub.RegNetConfig(hidden_sizes=[48, 104, 208, 440], depths=[1, 3, 6, 6], groups_width=8, **LABELS),
        hub.BitImageProcessor(size={"shortest_edge": 232}, crop_size={"height": 224, "width": 224}))
    transformer(
        "swin", hub.SwinForImageClassification, hub.SwinConfig(**LABELS), hub.ViTImageProcessor(resample=3), side=224)

    def loaded(model, folder):
        model.load_state_dict(load_file(f"{folder}/model.safetensors"), strict=False)
        return model

    for name in ("regnety_004", "tf_efficientnet_lite0", "efficientnet_lite0"):
        model = timm.create_model(name, num_classes=len(NAMES))
        describe(
            f"timm_{name}",
            lambda folder: save_for_hf(
                model, folder, model_config={"label_names": NAMES}, safe_serialization=True),
            lambda folder: loaded(model, folder))


main()
