#!/usr/bin/env python3
"""Render the sample data set: pictures of pizza, steak and sushi.

    python3 make.py                     every picture, beside this file
    python3 make.py --out DIR           every picture, in DIR
    python3 make.py --only steak:7      one picture (or: --only steak)

Needs POV-Ray 3.7 (`povray` on the path, with its standard include files)
and Pillow. Picture number N of a class always comes from the same seed, so a
run gives the same scenes again. The camera, the light, the table and the
plate are drawn alike for the three classes: only the dish tells them apart.
"""

import argparse
import io
import math
import os
import random
import subprocess
import sys
import tempfile
import zlib

from PIL import Image, ImageFilter

HERE = os.path.dirname(os.path.abspath(__file__))
CLASSES = ("pizza", "steak", "sushi")
TRAIN, TEST = 30, 10
SIZES = ((288, 216), (288, 216), (256, 256), (216, 288), (288, 192), (240, 240))


def stage(rng):
    """Camera, light, table and plate; the same for every dish."""
    width, height = rng.choice(SIZES)
    aspect = width / height
    view = rng.random()
    if view < 0.25:  # from above
        pitch = rng.uniform(68, 88)
    else:
        pitch = rng.uniform(33, 62)
    reach = rng.uniform(9.5, 13.5)  # how much of the table must fit, in cm
    look = (rng.uniform(-1.5, 1.5), rng.uniform(-1.5, 1.5))
    crop = rng.random()
    if crop < 0.15:  # half out of the picture
        angle = rng.uniform(0, 2 * math.pi)
        look = (8 * math.cos(angle), 8 * math.sin(angle))
    elif crop < 0.30:  # close up
        reach = rng.uniform(6.5, 8.5)
    elif crop < 0.40:  # from afar
        reach = rng.uniform(15, 18)
    fov = rng.uniform(28, 44)
    # `angle` is the horizontal one: fit the shorter side.
    half = math.tan(math.radians(fov) / 2) * min(1, 1 / aspect)
    warm = rng.random()
    tint = (1.0, 1.0 - 0.20 * warm, 1.0 - 0.42 * warm)
    if rng.random() < 0.2:
        tint = (0.88, 0.95, 1.0)
    cluttered = rng.random()
    size = (width, height)
    return size, dict(
        CamYaw=rng.uniform(-180, 180),
        CamPitch=pitch,
        CamRoll=rng.choice((0, 0, rng.uniform(-12, 12))),
        CamDist=reach / half,
        CamFov=fov,
        Aspect=aspect,
        LookX=look[0],
        LookZ=look[1],
        LightYaw=rng.uniform(-180, 180),
        LightPitch=rng.uniform(32, 75),
        LightTint=tint,
        LightPower=rng.uniform(0.7, 1.25),
        FillPower=rng.uniform(0.45, 0.8),
        LightSize=rng.choice((8, 25, 45)),
        TableKind=rng.randrange(7),
        TableHue=rng.randrange(8),
        PlateKind=rng.choice((0, 0, 0, 1, 2, 2, 3, 4, 5, 5, 6, 7)),
        PlateHue=rng.randrange(8),
        Clutter=0 if cluttered < 0.45 else rng.randint(1, 2) if cluttered < 0.85 else 4,
    )


def pizza(rng):
    return dict(
        Recipe=rng.choice((0, 0, 1, 1, 1, 2, 3, 4, 5, 6, 6)),
        Kind=rng.choice((0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 5)),
        Bake=rng.random(),
        Cutlery=rng.choice((0, 0, 0, 1)),
    )


def steak(rng):
    sides = rng.choice((0, 1, 1, 2, 2))
    kinds = rng.sample(range(1, 11), 2)
    cut = rng.randrange(5)
    return dict(
        Cut=cut,
        Kind=rng.choice((0, 0, 0)) if cut == 3 else rng.choice((0, 0, 0, 1, 1, 1, 2, 2, 3)),
        Done=rng.choice((0.0, 0.15, 0.3, 0.5, 0.8)),
        Marks=rng.choice((0, 1, 1, 2, 2)),
        SideA=kinds[0] if sides > 0 else 0,
        SideB=kinds[1] if sides > 1 else 0,
        Topping=rng.choice((0, 1, 1, 2, 3, 4, 5)),
        Cutlery=rng.choice((0, 0, 1)),
    )


def sushi(rng):
    return dict(
        Kind=rng.choice((0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5)),
        Wasabi=rng.randrange(2),
        Ginger=rng.randrange(2),
        Soy=int(rng.random() < 0.3),
        Cutlery=rng.choice((0, 0, 2)),
    )


def declare(name, value):
    if isinstance(value, tuple):
        value = "rgb <%s>" % ", ".join("%.4f" % v for v in value)
    elif isinstance(value, float):
        value = "%.4f" % value
    return "#declare %s = %s;" % (name, value)


def scene(dish, seed, settings):
    lines = ["#version 3.7;", declare("Seed", seed)]
    lines += [declare(name, value) for name, value in settings.items()]
    lines += [
        '#include "common.inc"',
        '#include "%s.inc"' % dish,
        "TableTop()",
        "union { Dish() translate PlateTop*y }",
    ]
    return "\n".join(lines) + "\n"


def render(text, size, folder):
    source = os.path.join(folder, "picture.pov")
    target = os.path.join(folder, "picture.png")
    with open(source, "w") as file:
        file.write(text)
    command = [
        "povray", "+I" + source, "+O" + target, "+L" + os.path.join(HERE, "scene"),
        "+W%d" % size[0], "+H%d" % size[1], "+A0.25", "+AM1", "+R2", "+FN8",
        "+WT1", "-D", "-P", "-C",
    ]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(done.stdout.decode(errors="replace")[-1500:])
    with Image.open(target) as image:
        return image.convert("RGB")


def develop(image, rng):
    """What a small camera adds: a soft lens, a tone curve, grain, a vignette."""
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.6)))
    width, height = image.size
    # Expose for the brighter parts, as a camera does.
    histogram = image.convert("L").histogram()
    seen, level = 0, 255
    while level > 0 and seen < 0.02 * width * height:
        seen += histogram[level]
        level -= 1
    gain = min(1.8, max(0.8, rng.uniform(225, 250) / max(level, 1)))
    contrast = rng.uniform(0.0, 0.35)
    grain, dark = rng.uniform(1, 4), rng.uniform(0, 0.25)

    def tone(value):
        t = min(1.0, value * gain / 255)
        return 255 * ((1 - contrast) * t + contrast * t * t * (3 - 2 * t))

    curve = [tone(value) for value in range(256)]
    source, out = image.tobytes(), bytearray(width * height * 3)
    at = 0
    for row in range(height):
        for column in range(width):
            dx, dy = 2 * column / width - 1, 2 * row / height - 1
            shade = 1 - dark * 0.5 * (dx * dx + dy * dy)
            noise = rng.gauss(0, grain)
            for _ in range(3):
                out[at] = max(0, min(255, int(curve[source[at]] * shade + noise + 0.5)))
                at += 1
    return Image.frombytes("RGB", (width, height), bytes(out))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", default=HERE, help="folder for train/ and test/")
    parser.add_argument("--only", default="", help="CLASS or CLASS:NUMBER")
    parser.add_argument("--keep", action="store_true", help="keep the .pov files beside the pictures")
    options = parser.parse_args()
    wanted, _, number = options.only.partition(":")

    for index in range(TRAIN + TEST):
        for dish in CLASSES:
            if (wanted and dish != wanted) or (number and index != int(number)):
                continue
            seed = zlib.crc32(("%s %d" % (dish, index)).encode()) % 1000000
            rng = random.Random(seed)
            size, settings = stage(rng)
            settings.update(globals()[dish](rng))
            folder = os.path.join(options.out, "train" if index < TRAIN else "test", dish)
            os.makedirs(folder, exist_ok=True)
            text = scene(dish, seed, settings)
            with tempfile.TemporaryDirectory() as scratch:
                image = develop(render(text, size, scratch), rng)
            path = os.path.join(folder, "%03d.jpg" % index)
            data = io.BytesIO()
            image.save(data, "JPEG", quality=82, optimize=True)
            with open(path, "wb") as file:
                file.write(data.getvalue())
            if options.keep:
                with open(path[:-4] + ".pov", "w") as file:
                    file.write(text)
            print(os.path.relpath(path, options.out), len(data.getvalue()), flush=True)


if __name__ == "__main__":
    main()
