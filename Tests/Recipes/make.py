"""Small data sets of different kind, to choose and to measure training recipes on: folders of a train and a test part each.

textures   eight kinds of grain that differ a little in scale and direction, in any colour and light: a head on ImageNet's
           features tells most, not all
shapes     six outlines of any size and colour before clutter
rare       four of the shapes, of one of them a tenth of the pictures
few        ten of the grains and blots, twelve pictures each
digits     scikit-learn's, enlarged to 160 pixels
cells      solar cells, functional or not, out of the package elpv-dataset (CC-BY-NC-SA: not to be committed)

The same bytes on every run: random numbers follow from the set, the class and the picture.

usage: make.py FOLDER [SET ...]
"""
import argparse
import pathlib

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter

SIDE = 160


def grain(random, scale, stretch, angle, blots=0.0):
    """Noise of a band of frequencies. `scale` in pixels a period, `stretch` its length over its width, `angle` in degrees."""
    turned = np.deg2rad(angle + random.normal(0, 6))
    fy, fx = np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE), indexing="ij")
    along, across = fx * np.cos(turned) + fy * np.sin(turned), fy * np.cos(turned) - fx * np.sin(turned)
    radius = np.hypot(along * stretch ** 0.5, across / stretch ** 0.5)
    band = np.exp(-((radius - 1 / (scale * random.uniform(0.9, 1.1))) * scale) ** 2 / 0.18)
    field = np.real(np.fft.ifft2(np.fft.fft2(random.normal(size=(SIDE, SIDE))) * band))
    field /= field.std() + 1e-9
    field = np.sign(field) * np.abs(field) ** (1 - 0.6 * blots)
    # Light that changes over the picture, two colours, a little noise: what a class is not.
    light = PIL.Image.fromarray(random.uniform(0.5, 1, (3, 3)).astype(np.float32)).resize((SIDE, SIDE), PIL.Image.BICUBIC)
    dark, bright = random.uniform(20, 150, 3), random.uniform(90, 240, 3)
    share = 1 / (1 + np.exp(-field * random.uniform(0.6, 1.6)))[..., None]
    picture = (dark + (bright - dark) * share) * np.asarray(light)[..., None] + random.normal(0, 9, (SIDE, SIDE, 3))
    return PIL.Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


GRAINS = {
    "bark": (9, 3, 90, 0), "basalt": (6, 1, 0, 0.5), "felt": (6, 1.5, 45, 0), "linen": (6, 1.5, 135, 0),
    "moss": (8, 1, 0, 0), "sand": (5, 1, 0, 0), "straw": (9, 3, 70, 0), "suede": (8, 1, 0, 0.5),
    "tweed": (6, 2, 45, 0.5), "wool": (11, 1.2, 0, 0),
}


def outline(kind, random):
    """The corners of a shape, of radius one around the middle."""
    if kind in ("pentagon", "hexagon", "square", "triangle"):
        count = {"triangle": 3, "square": 4, "pentagon": 5, "hexagon": 6}[kind]
        radii = np.ones(count)
    else:
        count = {"star": 10, "cross": 12}[kind]
        radii = np.tile([1, 0.45], 5) if kind == "star" else np.tile([1, 1, 0.42], 4)
    angles = np.arange(count) * 2 * np.pi / count
    if kind == "cross":
        angles = np.concatenate([[base - 0.3, base + 0.3, base + np.pi / 4] for base in np.arange(4) * np.pi / 2])
    angles = angles + random.uniform(0, 2 * np.pi)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], 1)


def shape(random, kind):
    """One shape before scraps of others."""
    colours = random.integers(30, 230, (12, 3))
    image = PIL.Image.new("RGB", (SIDE, SIDE), tuple(map(int, colours[0])))
    draw = PIL.ImageDraw.Draw(image)
    for colour in colours[1:]:
        corner, size = random.uniform(-10, SIDE, 2), random.uniform(8, 45, 2)
        draw.ellipse([*corner, *(corner + size)], fill=tuple(map(int, colour)))
    radius = random.uniform(16, 34)
    middle = random.uniform(radius, SIDE - radius, 2)
    corners = outline(kind, random) * radius * random.uniform(0.8, 1, 2) + middle
    fill = tuple(map(int, random.integers(0, 256, 3)))
    draw.polygon([tuple(corner) for corner in corners], fill=fill, outline=(20, 20, 20))
    image = image.filter(PIL.ImageFilter.GaussianBlur(random.uniform(0.3, 1.6)))
    noise = random.normal(0, random.uniform(4, 16), (SIDE, SIDE, 3))
    return PIL.Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


def write(folder, part, name, index, image):
    target = folder / part / name
    target.mkdir(parents=True, exist_ok=True)
    image.save(target / f"{index:04}.jpg", quality=92)


def draw(folder, number, counts, make):
    """`counts`: for each class how many pictures to learn from and to test on."""
    for label, (name, (train, test)) in enumerate(counts.items()):
        for index in range(train + test):
            image = make(np.random.default_rng([number, label, index]), name)
            write(folder, "train" if index < train else "test", name, index, image)


def digits(folder):
    import sklearn.datasets
    data = sklearn.datasets.load_digits()
    seen = [0] * 10
    for picture, label in zip(data.images, data.target):
        index, seen[label] = seen[label], seen[label] + 1
        if index < 70:
            image = PIL.Image.fromarray((picture * 255 / 16).astype(np.uint8)).resize((SIDE, SIDE), PIL.Image.BICUBIC)
            write(folder, "train" if index < 40 else "test", str(label), index, image.convert("RGB"))


def cells(folder):
    from elpv_dataset.utils import load_dataset
    images, probabilities, _ = load_dataset()
    order = np.random.default_rng(6).permutation(len(images))
    seen = {"functional": 0, "defective": 0}
    for place in order:
        if probabilities[place] not in (0, 1):
            continue
        name = "defective" if probabilities[place] == 1 else "functional"
        index, seen[name] = seen[name], seen[name] + 1
        if index < 300:
            image = PIL.Image.fromarray(images[place]).resize((SIDE, SIDE), PIL.Image.BICUBIC).convert("RGB")
            write(folder, "train" if index < 180 else "test", name, index, image)


def textures(random, name):
    return grain(random, *GRAINS[name])


SETS = {
    "textures": lambda folder: draw(
        folder, 1, {name: (50, 30) for name in list(GRAINS)[:8]}, textures),
    "shapes": lambda folder: draw(
        folder, 2, {name: (45, 30) for name in ("cross", "hexagon", "pentagon", "square", "star", "triangle")}, shape),
    "rare": lambda folder: draw(
        folder, 3, {"hexagon": (80, 40), "square": (80, 40), "star": (80, 40), "triangle": (8, 40)}, shape),
    "few": lambda folder: draw(folder, 4, {name: (12, 25) for name in GRAINS}, textures),
    "digits": digits,
    "cells": cells,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("sets", nargs="*", metavar="SET", help=", ".join(SETS))
    arguments = parser.parse_args()
    for name in arguments.sets or SETS:
        SETS[name](arguments.folder / name)
        print(name, sum(1 for _ in (arguments.folder / name).rglob("*.jpg")), "pictures")


if __name__ == "__main__":
    main()
