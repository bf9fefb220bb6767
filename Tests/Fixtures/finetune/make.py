"""Makes the golden of one training step and of ten: PyTorch's torchvision efficientnet_b0 in float64.

    pip install torch torchvision
    python make.py

Weights and images are hashes of (name, index), as in ../models/make.py. Stored: the losses of ten Adam steps, the running
statistics after the first, and of each gradient of the first step its norm and its products with 32 vectors of hashes:
the mean square of the differences of these products is a third of the squared distance of the whole tensors.
"""

import pathlib
import sys

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "models"))
sys.path.insert(0, str(HERE.parent.parent / "Interop"))
from hashes import fill, samples  # noqa: E402
from networks import import_torchvision  # noqa: E402

import_torchvision()
import torchvision  # noqa: E402

BATCH, HEIGHT, WIDTH, PROBES = 6, 72, 64, 32
LABELS = torch.tensor([0, 1, 2, 2, 1, 0])

model = fill(torchvision.models.efficientnet_b0(num_classes=3, dropout=0.0, stochastic_depth_prob=0.0)).train()
images = (2 * samples("images", BATCH * 3 * HEIGHT * WIDTH)).astype(np.float32)
images = torch.from_numpy(images.reshape(BATCH, HEIGHT, WIDTH, 3)).double().permute(0, 3, 1, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)

stored, losses = {}, []
for step in range(10):
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(images), LABELS)
    loss.backward()
    losses.append(loss.item())
    if step == 0:
        for name, parameter in model.named_parameters():
            gradient = parameter.grad.reshape(-1).numpy()
            products = [samples(f"{name}#{k}", gradient.size) @ gradient for k in range(PROBES)]
            stored[name] = np.array([np.linalg.norm(gradient), *products])
        for name, value in model.named_buffers():
            if not name.endswith("num_batches_tracked"):
                stored[name] = value.numpy().copy()
    optimizer.step()
stored["losses"] = np.array(losses)
np.savez_compressed(HERE / "efficientnet_b0.npz", **{k: v.astype(np.float32) for k, v in stored.items()})
print(losses)
