"""ONNX's checker accepts what Graft writes, and ONNX Runtime answers as Graft does."""

import json

import numpy as np
import onnx
import onnxruntime
import torch
from graft import description, difference, graft, prepared, probe, require_distinct
from networks import network, pictures

NETWORKS = ["efficientnet_b0", "efficientnet_lite0", "resnet18", "mobilenet_v3_small"]


def source(folder, name):
    """A model file: hash-filled, but for Lite0, which comes with real weights and TensorFlow's margins."""
    path = f"{folder}/model.npz"
    if name == "efficientnet_lite0":
        graft("export", name, path)
    else:
        torch.save(network(name).state_dict(), f"{folder}/in.pth")
        graft("import", f"{folder}/in.pth", path, "--backbone", name)
    return path


def check(folder, name):
    model = source(folder, name)
    about = description(model)
    graft("export", model, f"{folder}/model.onnx")
    onnx.checker.check_model(f"{folder}/model.onnx", full_check=True)
    proto = onnx.load(f"{folder}/model.onnx")
    assert [(each.domain, each.version) for each in proto.opset_import] == [("", 17)]
    texts = {each.key: each.value for each in proto.metadata_props}
    assert json.loads(texts["classes"]) == about["classes"]
    preprocessing = json.loads(texts["preprocessing"])
    assert preprocessing == about["preprocessing"]

    session = onnxruntime.InferenceSession(f"{folder}/model.onnx", providers=["CPUExecutionProvider"])
    assert [each.name for each in session.get_inputs()] == ["image"]
    crop = preprocessing["crop"]
    assert session.get_inputs()[0].shape == ["batch", 3, crop, crop]
    run = lambda images: session.run(["logits"], {"image": images})[0]
    worst = difference(run(probe(preprocessing)), [about["probe"]["logits"]])

    paths = pictures(folder)
    answers = graft("predict", model, *paths, "--json", "--logits")["predictions"]
    images = np.concatenate([prepared(path, preprocessing) for path in paths])
    expected = [answer["logits"] for answer in answers]
    require_distinct(expected)
    worst = max(worst, difference(run(images), expected))
    assert worst <= 1e-4, worst
    return f"greatest difference {worst:.1e} of the largest logit"


for name in NETWORKS:
    globals()[f"test_runtime_answers_as_graft[{name}]"] = lambda folder, name=name: check(folder, name)
