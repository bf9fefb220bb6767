"""Makes the golden values of the insight tests.

    pip install torch torchvision timm grad-cam==1.5.7 scikit-learn==1.9.1
    python make.py

Heat maps are pytorch-grad-cam's before it resizes them, divided by their largest value, on weights that are a hash of
(name, index) (../models/hashes.py). Regressions are scikit-learn's on features that are hashes too.
"""

import json
import pathlib
import sys

import numpy as np
import torch
import torchvision
from pytorch_grad_cam import GradCAM, LayerCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from sklearn.linear_model import LogisticRegression

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "models"))

import hashes  # noqa: E402
import make as models  # noqa: E402

HEIGHT, WIDTH = 160, 224
CLASSES = [3, 700]


def maps(kind, model, layer):
    """The maps of some classes, one after the other, row by row."""
    result = []
    with kind(model=model, target_layers=[layer]) as cam:
        for index in CLASSES:
            targets = [ClassifierOutputTarget(index)]
            image = models.hashed_input(HEIGHT, WIDTH)
            cam(input_tensor=image, targets=targets)
            activations = cam.activations_and_grads.activations[0].detach().numpy()
            gradients = cam.activations_and_grads.gradients[0].detach().numpy()
            found = cam.get_cam_image(image, layer, targets, activations, gradients, False)
            found = np.maximum(found[0], 0)
            result.append(found / max(found.max(), 1e-30))
    return np.stack(result)


def heat():
    networks = {
        "efficientnet_b0": (hashes.fill(torchvision.models.efficientnet_b0()), lambda m: (m.features[8], m.features[5])),
        "efficientnet_lite0": (models.fill_lite("tf_efficientnet_lite0"), lambda m: (m.bn2, m.blocks[4])),
        "resnet50": (hashes.fill(torchvision.models.resnet50()), lambda m: (m.layer4, m.layer3)),
        "mobilenet_v3_large": (
            hashes.fill(torchvision.models.mobilenet_v3_large()), lambda m: (m.features[16], m.features[12])),
    }
    golden = {}
    for name, (model, layers) in networks.items():
        last, finer = layers(model)
        golden[f"{name}.gradcam"] = maps(GradCAM, model, last).astype(np.float32)
        golden[f"{name}.layercam"] = maps(LayerCAM, model, finer).astype(np.float32)
        print(name, {key: value.shape for key, value in golden.items() if key.startswith(name)})
    np.savez_compressed(HERE / "heat.npz", **golden)


def features(name, count, width):
    return hashes.samples(name, count * width).reshape(count, width).astype(np.float32)


def regressions():
    """Coefficients in full for small problems, and a sum of squares with some of them for a larger one."""
    golden = {}
    for name, count, width, classes, strength in [
        ("two", 40, 5, 2, 1), ("three", 60, 6, 3, 0.5), ("separable", 30, 40, 3, 100), ("ten", 400, 64, 10, 10),
    ]:
        x = features(f"logistic.{name}", count, width)
        centres = features(f"logistic.{name}.centres", classes, width)
        labels = np.arange(count) % classes
        x = (x + 0.4 * centres[labels]).astype(np.float32)
        fit = LogisticRegression(C=strength, tol=1e-12, max_iter=100000).fit(x.astype(np.float64), labels)
        golden[name] = {
            "count": count, "width": width, "classes": classes, "strength": strength,
            "coefficients": [round(float(v), 9) for v in fit.coef_.ravel()[:200]],
            "intercepts": [round(float(v), 9) for v in fit.intercept_],
        }
    return golden


def calibration():
    """The expected calibration error over ten equal bins, each without its lower and with its upper edge."""
    confidences = (hashes.samples("confidence", 500) + 1) / 2
    right = (hashes.samples("right", 500) + 1) / 2 < confidences**2
    error = 0
    for index in range(10):
        inside = (confidences > index / 10) & (confidences <= (index + 1) / 10)
        if inside.any():
            error += inside.mean() * abs(confidences[inside].mean() - right[inside].mean())
    return {"count": 500, "error": float(error)}


if __name__ == "__main__":
    (HERE / "numbers.json").write_text(
        json.dumps({"regressions": regressions(), "calibration": calibration()}, indent=1) + "\n")
    heat()
