"""Makes `tokens.npz`: outputs and gradients of small networks of tokens, of layer norms and of attention in images, by PyTorch in double precision.

    pip install torch
    python tokens.py

`TokenGoldenTests.swift` describes the same networks. Weights are a hash of (name, index) as in `../models/hashes.py`; the loss
is the sum of the output times a hash named `direction`.
"""

import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "models"))
from hashes import filled, samples  # noqa: E402


class Tensors(dict):
    """Makes a tensor when it is first asked for."""

    def of(self, name, *shape):
        if name not in self:
            self[name] = filled(name, shape, 4.5).double().requires_grad_()
        return self[name]

    def linear(self, name, x, outputs):
        return F.linear(x, self.of(f"{name}.weight", outputs, x.shape[-1]), self.of(f"{name}.bias", outputs))

    def norm(self, name, x, epsilon=1e-6):
        width = x.shape[-1]
        return F.layer_norm(x, (width,), self.of(f"{name}.weight", width), self.of(f"{name}.bias", width), epsilon)

    def attention(self, x, heads):
        n, t, c = x.shape
        q, k, v = x.reshape(n, t, 3, heads, c // 3 // heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-1, -2) / (c // 3 // heads) ** 0.5).softmax(-1)
        return (weights @ v).transpose(1, 2).reshape(n, t, c // 3)


def tokens(p, x):
    x = F.conv2d(x, p.of("patches.weight", 10, 3, 4, 4), p.of("patches.bias", 10), stride=4)
    n, c, h, w = x.shape
    table = p.of("pos_embed", 1, 7, 10)
    grid = F.interpolate(table[:, 1:].reshape(1, 3, 2, 10).permute(0, 3, 1, 2), (h, w), mode="bicubic", antialias=True)
    positions = torch.cat([table[:, :1], grid.permute(0, 2, 3, 1).reshape(1, h * w, 10)], 1)
    x = torch.cat([p.of("cls_token", 1, 1, 10).expand(n, -1, -1), x.flatten(2).transpose(1, 2)], 1) + positions
    y = p.linear("proj", p.attention(p.linear("qkv", p.norm("norm1", x), 30), 2), 10)
    x = x + y * p.of("ls1.gamma", 10)
    y = p.linear("fc2", F.gelu(p.linear("fc1", p.norm("norm2", x, 1e-5), 20)), 10)
    x = x + y * p.of("ls2.gamma", 10)
    x = p.norm("norm", x)
    return p.linear("head", torch.cat([x[:, 0], x[:, 1:].mean(1)], 1), 4)


def layers(p, x):
    x = F.conv2d(x, p.of("conv.weight", 3, 1, 3, 3), p.of("conv.bias", 3), padding=1, groups=3).permute(0, 2, 3, 1)
    x = F.gelu(p.linear("fc1", p.norm("norm", x), 12), approximate="tanh")
    g = x.norm(p=2, dim=(1, 2), keepdim=True)
    x = x + p.of("grn.weight", 12) * x * (g / (g.mean(-1, keepdim=True) + 1e-6)) + p.of("grn.bias", 12)
    x = p.linear("fc2", x, 8)
    x = x * torch.sigmoid(1.702 * x)
    x = F.channel_shuffle(F.pixel_unshuffle(x.permute(0, 3, 1, 2), 2), 4)
    return F.conv2d(x[:, 5:25], p.of("last.weight", 4, 20, 1, 1), p.of("last.bias", 4)).permute(0, 2, 3, 1)


def window_attention(p, x, heads, window, shift):
    """Attention within shifted windows of an image [N, H, W, C] (arXiv:2103.14030), written out pair by pair of positions."""
    n, height, width, c = x.shape
    rows, columns = -(-height // window[0]) * window[0], -(-width // window[1]) * window[1]
    # Along an axis that one window covers there is no shift.
    shift = [s if whole > w else 0 for s, w, whole in zip(shift, window, (rows, columns))]
    x = F.pad(x, (0, 0, 0, columns - width, 0, rows - height))
    qkv = F.linear(x, p.of("attn.qkv.weight", 3 * c, c), p.of("attn.qkv.bias", 3 * c))
    table = p.of("attn.relative_position_bias_table", (2 * window[0] - 1) * (2 * window[1] - 1), heads)
    # Where a place of the shifted image lies in the image, and what part of it the place belongs to.
    where = [[(place + s) % whole for place in range(whole)] for s, whole in zip(shift, (rows, columns))]
    part = [[0 if s == 0 or place < whole - w else 1 if place < whole - s else 2 for place in range(whole)]
            for s, w, whole in zip(shift, window, (rows, columns))]
    out = torch.zeros(n, rows, columns, c, dtype=x.dtype)
    for top in range(0, rows, window[0]):
        for left in range(0, columns, window[1]):
            places = [(y, z) for y in range(top, top + window[0]) for z in range(left, left + window[1])]
            at = [where[0][y] * columns + where[1][z] for y, z in places]
            q, k, v = (
                qkv.reshape(n, rows * columns, 3, heads, c // heads)[:, at].permute(2, 0, 3, 1, 4))
            distances = [(a[0] - b[0] + window[0] - 1) * (2 * window[1] - 1) + a[1] - b[1] + window[1] - 1
                         for a in places for b in places]
            bias = table[distances].reshape(len(places), len(places), heads).permute(2, 0, 1)
            apart = torch.tensor([[-100.0 if (part[0][a[0]], part[1][a[1]]) != (part[0][b[0]], part[1][b[1]]) else 0.0
                                   for b in places] for a in places], dtype=x.dtype)
            weights = (q @ k.transpose(-1, -2) / (c // heads) ** 0.5 + bias + apart).softmax(-1)
            found = (weights @ v).transpose(1, 2).reshape(n, len(places), c)
            out = out.reshape(n, rows * columns, c).index_copy(1, torch.tensor(at), found).reshape(n, rows, columns, c)
    return p.linear("attn.proj", out[:, :height, :width], c)


def windows(p, x):
    x = F.conv2d(x, p.of("stem.weight", 8, 3, 1, 1), p.of("stem.bias", 8)).permute(0, 2, 3, 1)
    x = x + window_attention(p, p.norm("norm", x, 1e-5), 2, (4, 3), (2, 1))
    x = F.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
    x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
    x = F.linear(x, p.of("reduction.weight", 10, 32)).permute(0, 3, 1, 2)
    # Queries of two heads, and one head of keys and values at fewer positions (arXiv:2404.10518).
    n, c, h, w = x.shape
    q = F.conv2d(x, p.of("query.weight", 12, 10, 1, 1), p.of("query.bias", 12)).reshape(n, 2, 6, h * w).transpose(2, 3)
    less = F.conv2d(x, p.of("less.weight", 10, 1, 3, 3), p.of("less.bias", 10), stride=2, padding=1, groups=10)
    # A bias of the keys would change nothing: its gradient would be rounding.
    k = F.conv2d(less, p.of("key.weight", 6, 10, 1, 1)).flatten(2).transpose(1, 2)
    v = F.conv2d(less, p.of("value.weight", 6, 10, 1, 1), p.of("value.bias", 6)).flatten(2).transpose(1, 2)
    weights = (q @ k[:, None].transpose(-1, -2) / 6**0.5).softmax(-1)
    x = (weights @ v[:, None]).transpose(2, 3).reshape(n, 12, h, w)
    x = x * p.of("affine.scale", 1) + p.of("affine.bias", 1)
    x = F.pad(x, (0, 2, 0, 1))
    return F.conv2d(x, p.of("last.weight", 4, 12, 1, 1), p.of("last.bias", 4)).permute(0, 2, 3, 1)


if __name__ == "__main__":
    arrays = {}
    for name, network, shape in [("tokens", tokens, (2, 3, 8, 12)), ("layers", layers, (2, 3, 4, 6)), ("windows", windows, (2, 3, 9, 7))]:
        p = Tensors()
        flat = samples("input", int(np.prod(shape))) * 2
        # Swift's images are [N, H, W, C].
        n, c, h, w = shape
        x = torch.from_numpy(flat.astype(np.float32)).double().reshape(n, h, w, c).requires_grad_()
        y = network(p, x.permute(0, 3, 1, 2))
        direction = torch.from_numpy(samples("direction", y.numel()).astype(np.float32)).double().reshape(y.shape)
        (y * direction).sum().backward()
        arrays[f"{name}.output"] = y.detach().numpy().astype(np.float32)
        arrays[f"{name}.input"] = x.grad.numpy().astype(np.float32)
        for key, value in p.items():
            arrays[f"{name}.{key}"] = value.grad.numpy().astype(np.float32)
        print(name, list(y.shape), len(p))
    np.savez_compressed(HERE / "tokens.npz", **arrays)
