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
from sklearn.linear_model import LogisticRegression

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "models"))

from families import import_torchvision  # noqa: E402

torchvision = import_torchvision()
import hashes  # noqa: E402
import make as models  # noqa: E402
import transformers  # noqa: E402
from pytorch_grad_cam import GradCAM, LayerCAM  # noqa: E402
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget  # noqa: E402

HEIGHT, WIDTH = 160, 224
CLASSES = [3, 700]


def maps(kind, model, layer, image=None, transform=None):
    """The maps of some classes, one after the other, row by row."""
    result = []
    image = models.hashed_input(HEIGHT, WIDTH) if image is None else image
    with kind(model=model, target_layers=[layer], reshape_transform=transform) as cam:
        for index in CLASSES:
            targets = [ClassifierOutputTarget(index)]
            cam(input_tensor=image, targets=targets)
            activations, gradients = (
                values[0].detach().numpy()
                for values in (cam.activations_and_grads.activations, cam.activations_and_grads.gradients))
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
    for name, model, size, patch in [
        ("vit_tiny_patch16_224", vit((96, 160)), (96, 160), 16),
        ("dinov2_vits14_reg", dinov2((56, 70)), (56, 70), 14),
    ]:
        tokens(golden, name, model, size, patch)
    np.savez_compressed(HERE / "heat.npz", **golden)


def tokens(golden, name, model, size, patch):
    """Of what goes into the last block: behind it only the class token is read."""
    rows, columns = size[0] // patch, size[1] // patch

    def as_image(values):
        patches = values[:, values.shape[1] - rows * columns:]
        return patches.transpose(1, 2).reshape(values.shape[0], -1, rows, columns)

    image = transformers.hashed_input(*size)
    for kind, method in [(GradCAM, "gradcam"), (LayerCAM, "layercam")]:
        golden[f"{name}.{method}"] = maps(kind, model, model.blocks[-2], image, as_image).astype(np.float32)
    print(name, golden[f"{name}.gradcam"].shape)


def vit(size):
    return transformers.with_positions("vit_tiny_patch16_224", size, 224, 16, transformers.timm_way)


def dinov2(size):
    return transformers.with_registers(size)


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
