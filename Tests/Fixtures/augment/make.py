"""What torchvision makes of one picture with given parameters, and of whole recipes with the numbers that Graft draws.

    python make.py          # Pillow 13.0.0, torch 2.13.0, torchvision 0.28.0, numpy 2.4.6

changes.json lists changes; changes.png holds their results, one below the other. recipes.json lists recipes with seed, epoch
and index; recipes.f32 holds the network's inputs (little-endian float32, [recipes, 24, 24, 3]). magnitudes.json holds TrivialAugmentWide's table, in its order.
"""

import json
import math
import pathlib
import sys

import numpy as np
import torch
from PIL import Image

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parents[1] / "Interop"))
from networks import import_torchvision  # noqa: E402

import_torchvision()
from torchvision.transforms import InterpolationMode, functional  # noqa: E402
from torchvision.transforms.autoaugment import TrivialAugmentWide, _apply_op  # noqa: E402

WIDTH, HEIGHT, CROP = 40, 30, 24
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
WARPS = {"nearest": InterpolationMode.NEAREST, "bilinear": InterpolationMode.BILINEAR}


def scene():
    """Smooth colours, a grid of hard edges and some noise; no channel reaches 0 or 255, so that contrast has room."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    picture = np.stack([30 + 5 * x, 20 + 7 * y, 200 - 3 * x - 2 * y], axis=2)
    picture[(x // 5 + y // 5) % 3 == 0] = [230, 40, 90]
    picture += np.random.default_rng(7).integers(-15, 16, picture.shape)
    return np.clip(np.rint(picture), 9, 244).astype(np.uint8)


def changes():
    for name in ("brightness", "contrast", "saturation", "sharpness"):
        for factor in (0, 0.01, 0.35, 1, 1.4, 1.99):
            yield {"change": name, "value": factor}
    for share in (-0.5, -0.13, 0, 0.002, 0.25, 0.5):
        yield {"change": "hue", "value": share}
    for bits in (1, 2, 5, 8):
        yield {"change": "posterize", "value": bits}
    for threshold in (0, 76.5, 128, 255):
        yield {"change": "solarize", "value": threshold}
    for name in ("autocontrast", "equalize", "hflip", "vflip"):
        yield {"change": name, "value": 0}
    for warp in WARPS:
        for degrees in (0, 90, 180, -90, 12.5, -33.3, 135):
            yield {"change": "rotate", "value": degrees, "warping": warp}
        for share in (-0.99, -0.264, 0, 0.5, 0.99):
            yield {"change": "shear_x", "value": share, "warping": warp}
            yield {"change": "shear_y", "value": share, "warping": warp}
    for pixels in (-32, -1, 0, 7, 40):
        yield {"change": "translate_x", "value": pixels}
        yield {"change": "translate_y", "value": pixels}
    for filter in ("bilinear", "bicubic"):
        for box in ([0, 0, 30, 40], [3, 5, 20, 11], [29, 0, 1, 40], [10, 39, 7, 1], [1, 1, 28, 38]):
            yield {"change": "resized_crop", "value": 0, "box": box, "filter": filter}


def changed(picture, case):
    name, value = case["change"], case["value"]
    warp = WARPS[case.get("warping", "nearest")]
    if name == "resized_crop":
        mode = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}[case["filter"]]
        return functional.resized_crop(picture, *case["box"], [HEIGHT, WIDTH], mode)
    if name.startswith(("shear", "translate")):
        kind = {"shear_x": "ShearX", "shear_y": "ShearY", "translate_x": "TranslateX", "translate_y": "TranslateY"}[name]
        return _apply_op(picture, kind, value, warp, None)
    if name == "rotate":
        return functional.rotate(picture, value, warp)
    if name in ("autocontrast", "equalize", "hflip", "vflip"):
        return getattr(functional, name)(picture)
    known = {"posterize": "posterize", "solarize": "solarize"}
    return getattr(functional, known.get(name, f"adjust_{name}"))(picture, value)


class Draws:
    """Graft's random numbers: Philox 4x32-10, the counter being (index, epoch, place)."""

    PLACES = {"crop": 0, "flip": 16, "vertical_flip": 17, "rotation": 18, "policy": 19, "jitter": 20, "order": 21,
              "erasing": 32}
    MASK = 2**64 - 1

    def __init__(self, seed, epoch, index):
        z = (seed + 6 * 0x9E3779B97F4A7C15) & self.MASK  # augmentation is purpose 6
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & self.MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & self.MASK
        z ^= z >> 31
        self.key, self.epoch, self.index = (z & 0xFFFFFFFF, z >> 32), epoch, index

    def words(self, place, attempt=0):
        c = [self.index & 0xFFFFFFFF, self.index >> 32, self.epoch, self.PLACES[place] + attempt]
        k = list(self.key)
        for _ in range(10):
            first, second = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
            c = [(second >> 32) ^ c[1] ^ k[0], second & 0xFFFFFFFF, (first >> 32) ^ c[3] ^ k[1], first & 0xFFFFFFFF]
            k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
        return c

    @staticmethod
    def uniform(word, low=0.0, high=1.0):
        return low + (word + 0.5) / 2**32 * (high - low)

    @staticmethod
    def ratio(word, low, high):
        return math.exp(Draws.uniform(word, math.log(low), math.log(high)))

    @staticmethod
    def below(word, count):
        return word * count >> 32

    def box(self, width, height, scale, ratio):
        for attempt in range(10):
            words = self.words("crop", attempt)
            area, shape = width * height * self.uniform(words[0], *scale), self.ratio(words[1], *ratio)
            w, h = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
            if 0 < w <= width and 0 < h <= height:
                return self.below(words[2], height - h + 1), self.below(words[3], width - w + 1), h, w
        raise ValueError("choose another seed")

    def hole(self):
        for attempt in range(1, 11):
            words = self.words("erasing", attempt)
            area, shape = CROP * CROP * self.uniform(words[0], 0.02, 0.33), self.ratio(words[1], 0.3, 3.3)
            h, w = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
            if h < CROP and w < CROP:
                return self.below(words[2], CROP - h + 1), self.below(words[3], CROP - w + 1), h, w
        raise ValueError("choose another seed")


def recipe(picture, case):
    options, draws = case["augment"], Draws(case["seed"], case["epoch"], case["index"])
    if "crop" in options:
        crop = {"scale": [0.08, 1], "ratio": [3 / 4, 4 / 3], **options["crop"]}
        picture = functional.resized_crop(
            picture, *draws.box(WIDTH, HEIGHT, **crop), [CROP, CROP], InterpolationMode.BICUBIC)
    else:
        picture = functional.center_crop(functional.resize(picture, 26, InterpolationMode.BICUBIC), CROP)
    if draws.uniform(draws.words("flip")[0]) < options.get("flip", 0):
        picture = functional.hflip(picture)
    if draws.uniform(draws.words("vertical_flip")[0]) < options.get("vertical_flip", 0):
        picture = functional.vflip(picture)
    if "rotation" in options:
        degrees = draws.uniform(draws.words("rotation")[0], -options["rotation"], options["rotation"])
        picture = functional.rotate(picture, degrees, InterpolationMode.BILINEAR)
    if "policy" in options:
        words = draws.words("policy")
        space = TrivialAugmentWide()._augmentation_space(31)
        name = list(space)[draws.below(words[0], len(space))]
        magnitudes, signed = space[name]
        magnitude = float(magnitudes[draws.below(words[1], 31)]) if magnitudes.ndim else 0.0
        magnitude = -magnitude if signed and words[2] & 1 else magnitude
        picture = _apply_op(picture, name, magnitude, InterpolationMode.BILINEAR, None)
        case["drawn"] = f"{name} {magnitude:.4g}"
    jitter = options.get("jitter", {})
    order = draws.words("order")
    for number in sorted(range(4), key=lambda i: order[i]):
        name = ["brightness", "contrast", "saturation", "hue"][number]
        width, word = jitter.get(name, 0), draws.words("jitter")[number]
        if width:
            amount = draws.uniform(word, -width, width) if name == "hue" else draws.uniform(word, 1 - width, 1 + width)
            picture = getattr(functional, f"adjust_{name}")(picture, amount)
    tensor = functional.normalize(functional.to_tensor(picture), MEAN, STD)
    if draws.uniform(draws.words("erasing")[0]) < options.get("erasing", 0):
        tensor = functional.erase(tensor, *draws.hole(), torch.zeros(3, 1, 1))
    return tensor.permute(1, 2, 0).contiguous().numpy().astype("<f4")


def recipes():
    everything = {"crop": {"scale": [0.3, 0.9], "ratio": [0.5, 2]}, "flip": 0.5, "vertical_flip": 0.5, "rotation": 30,
                  "jitter": {"brightness": 0.4, "contrast": 0.3, "saturation": 0.5, "hue": 0.1}, "erasing": 0.7}
    for index in range(4):
        yield {"augment": everything, "seed": 42, "epoch": 3, "index": index}
    for epoch in range(12):
        yield {"augment": {"policy": "trivial_augment_wide"}, "seed": 2**53, "epoch": epoch, "index": 2**33 + 5}
    yield {"augment": {"flip": 0.5, "erasing": 1}, "seed": 0, "epoch": 1, "index": 0}


def main():
    picture = Image.fromarray(scene())
    picture.save(here / "picture.png", optimize=True)
    cases = list(changes())
    sheet = np.concatenate([np.asarray(changed(picture, case)) for case in cases])
    Image.fromarray(sheet).save(here / "changes.png", optimize=True)
    (here / "changes.json").write_text("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]\n")
    cases = list(recipes())
    np.stack([recipe(picture, case) for case in cases]).tofile(here / "recipes.f32")
    (here / "recipes.json").write_text("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]\n")
    table = [[name, values.double().tolist() if values.ndim else [0.0] * 31, signed]
             for name, (values, signed) in TrivialAugmentWide()._augmentation_space(31).items()]
    (here / "magnitudes.json").write_text("[\n" + ",\n".join(map(json.dumps, table)) + "\n]\n")


main()
