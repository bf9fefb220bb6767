"""ONNX's checker accepts what Graft writes, and ONNX Runtime answers as Graft does."""

import json
import pathlib

import numpy as np
import onnx
import onnxruntime
import torch
from graft import description, difference, graft, prepared, probe, require_distinct
from networks import network, pictures

NETWORKS = ["efficientnet_b0", "efficientnet_lite0", "resnet18", "mobilenet_v3_small", "squeezenet1_0", "swin_t"]


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


def test_a_softmax_of_the_outputs_is_as_sure_as_graft(folder):
    """A fitted temperature is in the file's numbers: programs that read ONNX know nothing of it."""
    sample = pathlib.Path(__file__).parent.parent / "Fixtures/sample"
    with open(f"{folder}/run.yaml", "w") as file:
        json.dump({"data": {"train": f"{sample}/train", "test": f"{sample}/test"}, "cache": False}, file)
    graft("train", f"{folder}/run.yaml", "--output", f"{folder}/run")
    about = description(f"{folder}/run/model.npz")
    assert abs(about["temperature"] - 1) > 0.05, about.get("temperature")
    graft("export", f"{folder}/run/model.npz", f"{folder}/model.onnx")
    session = onnxruntime.InferenceSession(f"{folder}/model.onnx", providers=["CPUExecutionProvider"])
    paths = sorted(map(str, (sample / "test").glob("*/*.jpg")))[:6]
    logits = session.run(["logits"], {"image": np.concatenate([prepared(p, about["preprocessing"]) for p in paths])})[0]
    found = np.exp(logits - logits.max(1, keepdims=True))
    found /= found.sum(1, keepdims=True)
    answers = graft("predict", f"{folder}/run/model.npz", *paths, "--json", "--top", "3")["predictions"]
    worst = 0
    for row, answer in zip(found, answers):
        for guess in answer["top"]:
            worst = max(worst, abs(row[guess["index"]] - guess["probability"]))
    assert worst < 1e-4, worst
    return f"temperature {about['temperature']:.2f}, probabilities within {worst:.1e}"


def test_eight_bits_are_written_as_the_runtime_knows_them(folder):
    """A model in 8 bits: every layer's weights are int8 in the file, and the runtime gives the same first answers."""
    sample = pathlib.Path(__file__).parent.parent / "Fixtures/sample"
    with open(f"{folder}/run.yaml", "w") as file:
        data = {"train": f"{sample}/train", "test": f"{sample}/test"}
        json.dump({"backbone": "efficientnet_lite0", "data": data, "cache": False}, file)
    graft("train", f"{folder}/run.yaml", "--output", f"{folder}/run")
    model = f"{folder}/int8.npz"
    report = graft(
        "quantize", f"{folder}/run/model.npz", model, "--data", f"{sample}/train", "--agreement", "0.9", "--json")
    graft("export", model, f"{folder}/int8.onnx")
    onnx.checker.check_model(f"{folder}/int8.onnx", full_check=True)
    proto = onnx.load(f"{folder}/int8.onnx")
    bytes_of = {each.name for each in proto.graph.initializer if each.data_type == onnx.TensorProto.INT8}
    assert len(bytes_of) >= sum(layer["int8"] for layer in report["layers"]), len(bytes_of)
    made_by = {output: node for node in proto.graph.node for output in node.output}
    convolutions = [node for node in proto.graph.node if node.op_type == "Conv"]
    in_bytes = [node for node in convolutions if node.input[1] in made_by]
    assert {made_by[node.input[1]].op_type for node in in_bytes} == {"DequantizeLinear"}
    assert len(in_bytes) > 0.9 * len(convolutions), (len(in_bytes), len(convolutions))

    about = description(model)
    session = onnxruntime.InferenceSession(f"{folder}/int8.onnx", providers=["CPUExecutionProvider"])
    paths = sorted(map(str, sample.glob("*/*/*.jpg")))
    answers = graft("predict", model, *paths, "--json", "--logits")["predictions"]
    expected = np.array([answer["logits"] for answer in answers]) / about.get("temperature", 1)
    found = np.concatenate(
        [session.run(["logits"], {"image": prepared(path, about["preprocessing"])})[0] for path in paths])
    # A byte that lies between two is rounded one way here and the other way there, and others follow.
    error = float(np.sqrt(((found - expected) ** 2).mean()) / expected.std())
    assert error < 0.04, error
    same = int((found.argmax(1) == expected.argmax(1)).sum())
    assert same >= 0.999 * len(paths), f"{same} of {len(paths)}"
    return f"{same} of {len(paths)} first answers, logits within {error:.1%} of their spread"
