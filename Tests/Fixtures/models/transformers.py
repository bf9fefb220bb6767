"""Makes `transformers.npz`: every stage of the families with tokens and layer norms, as torchvision and timm compute them.

    pip install torch torchvision timm
    python transformers.py

Weights are a hash of (name, index) as in `make.py`. A golden is `step`-th values of the output as it is: of an image in NCHW
order, of a sequence `[T, C]`. Forward passes run in float64. Where an image has another size than the table of positions, the
network is built for that size and given the table as its family resamples it: timm's function, or the first DINOv2's call.
"""

import pathlib

import numpy as np
import torch

from families import import_torchvision
from hashes import fill, filled, samples

torchvision = import_torchvision()
import timm  # noqa: E402
from timm.layers import resample_abs_pos_embed  # noqa: E402

HERE = pathlib.Path(__file__).parent
SAMPLES = 256


def hashed_input(height, width, batch=1):
    images = [(2 * samples("input" if i == 0 else f"input{i}", 3 * height * width)).astype(np.float32) for i in range(batch)]
    return torch.from_numpy(np.stack(images).reshape(batch, 3, height, width)).double()


def golden(arrays, prefix, model, stages, x, logits=True):
    outputs, hooks = {}, []
    for name, module in stages.items():
        hooks.append(module.register_forward_hook(lambda m, i, o, name=name: outputs.update({name: o})))
    with torch.no_grad():
        result = model(x)
    if logits:
        outputs["logits"] = result
    for hook in hooks:
        hook.remove()
    for name, output in outputs.items():
        output = output.detach()
        step = max(1, output.numel() // SAMPLES) | 1
        arrays[f"{prefix}.{name}"] = output.flatten()[::step].numpy().astype(np.float32)
        arrays[f"{prefix}.{name}.shape"] = np.array(output.shape)
        print(f"{prefix}.{name} {list(output.shape)} std {output.std():.3g}")


def with_positions(name, size, old, patch, resample, **options):
    """timm's model for another size, with what its family makes of the table of the old one."""
    model = timm.create_model(name, img_size=size, **options)
    state = {key: filled(key, value.shape, 4.5) for key, value in model.state_dict().items()}
    side = old // patch
    table = filled("pos_embed", (1, 1 + side * side, model.embed_dim), 4.5)
    grid = (size[0] // patch, size[1] // patch)
    state["pos_embed"] = table if grid == (side, side) else resample(table.double(), side, grid)
    model.load_state_dict(state)
    return model.double().eval()


def timm_way(table, side, grid):
    return resample_abs_pos_embed(table, new_size=list(grid), num_prefix_tokens=1)


def first_dinov2_way(table, side, grid):
    patches = table[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
    scale = ((grid[0] + 0.1) / side, (grid[1] + 0.1) / side)
    resized = torch.nn.functional.interpolate(patches, scale_factor=scale, mode="bicubic")
    assert resized.shape[-2:] == grid
    return torch.cat([table[:, :1], resized.permute(0, 2, 3, 1).reshape(1, grid[0] * grid[1], -1)], dim=1)


def timm_stages(model):
    return {"patch_embed.proj": model.patch_embed.proj, "norm": model.norm} | {
        f"blocks.{i}": block for i, block in enumerate(model.blocks)
    }


def transformers(arrays):
    for size, batch in [((224, 224), 1), ((96, 160), 3)]:
        model = with_positions("vit_tiny_patch16_224", size, 224, 16, timm_way)
        golden(arrays, f"vit_tiny_patch16_224.{size[0]}x{size[1]}", model, timm_stages(model), hashed_input(*size, batch))
    model = with_positions("deit_tiny_patch16_224", (64, 64), 224, 16, timm_way)
    golden(arrays, "deit_tiny_patch16_224.64x64", model, {}, hashed_input(64, 64))
    for size in [(56, 56), (42, 70)]:
        model = with_positions("vit_small_patch14_dinov2", size, 518, 14, first_dinov2_way, num_classes=1000)
        golden(arrays, f"dinov2_vits14.{size[0]}x{size[1]}", model, timm_stages(model), hashed_input(*size))
    torchvisions = torchvision.models.VisionTransformer(224, 32, 12, 12, 768, 3072)
    fill(torchvisions)
    stages = {"conv_proj": torchvisions.conv_proj, "encoder.ln": torchvisions.encoder.ln}
    golden(arrays, "vit_b_32.224x224", torchvisions, stages, hashed_input(224, 224))


def with_registers(size):
    """timm keeps the class token's position out of the table; the publisher has it in."""
    model = timm.create_model("vit_small_patch14_reg4_dinov2", img_size=size, num_classes=1000)
    state = {
        key: filled(key.replace("reg_token", "register_tokens"), value.shape, 4.5)
        for key, value in model.state_dict().items()
    }
    table = filled("pos_embed", (1, 1 + 37 * 37, model.embed_dim), 4.5).double()
    state["cls_token"] = state["cls_token"].double() + table[:, :1]
    grid = [size[0] // 14, size[1] // 14]
    state["pos_embed"] = resample_abs_pos_embed(table[:, 1:], new_size=grid, num_prefix_tokens=0)
    model.double().load_state_dict(state)
    return model.eval()


def registers(arrays):
    size = (56, 70)
    model = with_registers(size)
    golden(arrays, "dinov2_vits14_reg.56x70", model, timm_stages(model), hashed_input(*size))


def registers_of_timm(arrays):
    name, size = "vit_small_patch14_reg4_dinov2", (56, 70)
    model = timm.create_model(name, img_size=size, num_classes=1000)
    state = {key: filled(key, value.shape, 4.5) for key, value in model.state_dict().items()}
    table = filled("pos_embed", (1, 37 * 37, model.embed_dim), 4.5).double()
    state["pos_embed"] = resample_abs_pos_embed(table, new_size=[size[0] // 14, size[1] // 14], num_prefix_tokens=0)
    model.double().load_state_dict(state)
    golden(arrays, f"{name}.56x70", model.eval(), {"norm": model.norm}, hashed_input(*size))


def convnext(arrays):
    model = fill(torchvision.models.convnext_tiny())
    stages = {f"features.{i}": module for i, module in enumerate(model.features)}
    for size, batch in [((64, 64), 1), ((97, 65), 3)]:
        golden(arrays, f"convnext_tiny.{size[0]}x{size[1]}", model, stages, hashed_input(*size, batch))


if __name__ == "__main__":
    arrays = {}
    convnext(arrays)
    transformers(arrays)
    registers(arrays)
    registers_of_timm(arrays)
    np.savez_compressed(HERE / "transformers.npz", **arrays)
