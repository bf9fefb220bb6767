"""PyTorch, torchvision and safetensors read what Graft writes, and Graft what they write."""

import json
import os

import numpy as np
import safetensors
import safetensors.torch
import torch
from graft import arrays, description, difference, graft, prepared, probe, require_distinct
from networks import logits, network, pictures, same_bits

NETWORKS = ["efficientnet_b0", "resnet18", "mobilenet_v3_small"]


def for_each_network(body):
    for name in NETWORKS:
        test = lambda folder, name=name: body(folder, name)
        test.__name__ = f"{body.__name__.removeprefix('check_')}[{name}]"
        globals()[f"test_{test.__name__}"] = test


@for_each_network
def check_logits_of_a_converted_checkpoint_are_pytorchs(folder, name):
    model = network(name)
    torch.save(model.state_dict(), f"{folder}/in.pth")
    graft("convert", f"{folder}/in.pth", f"{folder}/model.npz", "--backbone", name)
    about = description(f"{folder}/model.npz")
    worst = difference([about["probe"]["logits"]], logits(model, probe(about["preprocessing"])))
    paths = pictures(folder)
    answers = graft("predict", f"{folder}/model.npz", *paths, "--json", "--logits")["predictions"]
    images = np.concatenate([prepared(path, about["preprocessing"]) for path in paths])
    expected = logits(model, images)
    require_distinct(expected)
    worst = max(worst, difference([answer["logits"] for answer in answers], expected))
    assert worst <= 1e-5, worst
    return f"greatest difference {worst:.1e} of the largest logit"


@for_each_network
def check_checkpoints_come_back_bit_by_bit(folder, name):
    model = network(name, classes=3)
    torch.save({"epoch": 3, "state_dict": model.state_dict()}, f"{folder}/in.pth")
    graft("import", f"{folder}/in.pth", f"{folder}/model.npz", "--backbone", name, "--classes", "pizza,steak,sushi")
    assert description(f"{folder}/model.npz")["classes"] == ["pizza", "steak", "sushi"]
    same_bits(arrays(f"{folder}/model.npz"), model.state_dict())

    graft("export", f"{folder}/model.npz", f"{folder}/out.pth")
    fresh = network(name, classes=3)
    for options in ({}, {"mmap": True}):
        state = torch.load(f"{folder}/out.pth", weights_only=True, **options)
        fresh.load_state_dict({key: torch.zeros_like(value) for key, value in fresh.state_dict().items()})
        fresh.load_state_dict(state, strict=True)
        same_bits(fresh.state_dict(), model.state_dict())
    # Written again by PyTorch, the file says no more what it is.
    torch.save(fresh.state_dict(), f"{folder}/again.pth")
    assert "say it with --backbone NAME" in graft("import", f"{folder}/again.pth", f"{folder}/x.npz", fails=True)
    graft("import", f"{folder}/again.pth", f"{folder}/again.npz", "--backbone", name)
    same_bits(arrays(f"{folder}/again.npz"), model.state_dict())


@for_each_network
def check_safetensors_come_back_bit_by_bit(folder, name):
    model = network(name, classes=3)
    state = {key: value for key, value in model.state_dict().items() if "num_batches" not in key}
    names = ["ramen", "pho", "ü"]
    safetensors.torch.save_file(state, f"{folder}/in.safetensors", metadata={"format": "pt", "classes": json.dumps(names)})
    graft("import", f"{folder}/in.safetensors", f"{folder}/model.npz", "--backbone", name)
    assert description(f"{folder}/model.npz")["classes"] == names
    graft("export", f"{folder}/model.npz", f"{folder}/out.safetensors")
    with safetensors.safe_open(f"{folder}/out.safetensors", framework="np") as file:
        texts = file.metadata()
    assert texts["format"] == "pt" and json.loads(texts["classes"]) == names
    assert json.loads(texts["preprocessing"]) == description(f"{folder}/model.npz")["preprocessing"]
    # The format keeps no order.
    found = safetensors.torch.load_file(f"{folder}/out.safetensors")
    same_bits({key: found[key] for key in state}, state)
    network(name, classes=3).load_state_dict(found, strict=True)
    graft("import", f"{folder}/out.safetensors", f"{folder}/back.npz")
    with open(f"{folder}/model.npz", "rb") as first, open(f"{folder}/back.npz", "rb") as second:
        assert first.read() == second.read()


def test_a_head_is_small_and_fits_its_base_only(folder):
    graft("export", "efficientnet_lite0", f"{folder}/base.npz")
    tensors = arrays(f"{folder}/base.npz")
    state = {name: torch.from_numpy(value) for name, value in tensors.items()}
    state["classifier.1.weight"], state["classifier.1.bias"] = state["classifier.1.weight"][:3], state["classifier.1.bias"][:3]
    torch.save(state, f"{folder}/tuned.pth")
    graft("import", f"{folder}/tuned.pth", f"{folder}/tuned.npz", "--backbone", "efficientnet_lite0", "--classes", "a,b,c")
    graft("export", f"{folder}/tuned.npz", f"{folder}/head.npz", "--head-only")
    size = os.path.getsize(f"{folder}/head.npz")
    assert size < 20_000, size
    assert set(arrays(f"{folder}/head.npz")) == {"classifier.1.weight", "classifier.1.bias"}
    graft("import", f"{folder}/head.npz", f"{folder}/joined.npz", "--base", "efficientnet_lite0")
    with open(f"{folder}/tuned.npz", "rb") as first, open(f"{folder}/joined.npz", "rb") as second:
        assert first.read() == second.read()
    state["features.0.0.weight"][0, 0, 0, 0] += 1
    torch.save(state, f"{folder}/other.pth")
    error = graft("import", f"{folder}/head.npz", f"{folder}/x.npz", "--base", f"{folder}/other.pth", fails=True)
    assert "the head was trained on another base" in error and not os.path.exists(f"{folder}/x.npz")
    return f"{size} bytes"


def test_float16_is_numpys(folder):
    graft("export", "efficientnet_lite0", f"{folder}/full.npz")
    shown = graft("export", "efficientnet_lite0", f"{folder}/half.npz", "--dtype", "float16", "--json")
    graft("export", "efficientnet_lite0", f"{folder}/half.safetensors", "--dtype", "float16")
    other = safetensors.torch.load_file(f"{folder}/half.safetensors")
    half = arrays(f"{folder}/half.npz")
    for name, value in arrays(f"{folder}/full.npz").items():
        expected = value.astype(np.float16) if value.ndim >= 2 else value
        assert half[name].dtype == expected.dtype and half[name].tobytes() == expected.tobytes(), name
        assert other[name].numpy().tobytes() == expected.tobytes(), name
    graft("selftest", f"{folder}/half.npz")
    about = description(f"{folder}/half.npz"), description(f"{folder}/full.npz")
    change = np.abs(np.subtract(*(each["probe"]["logits"] for each in about))).max()
    assert 0 < change <= shown["greatest_logit_difference"] * (1 + 1e-6), change
    return f"greatest logit difference {shown['greatest_logit_difference']:.1e}"
