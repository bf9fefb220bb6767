"""Pictures with several labels and with numbers, drawn from a seed.

    python Tests/Interop/tasks.py FOLDER [PICTURES]

Shapes on a coloured ground: `shapes.csv` says which are there (circle, square, cross: any of them, or none), `sizes.csv` how
large the disc is and how bright the ground, in units of their own.
"""

import csv
import pathlib
import random
import sys

from PIL import Image, ImageDraw

SIDE = 96


def shapes(random, picture):
    """Any of three shapes, each in a corner of its own."""
    draw = ImageDraw.Draw(picture)
    for _ in range(40):  # clutter, or it would be too easy
        x, y = random.randrange(SIDE), random.randrange(SIDE)
        colour = tuple(random.randrange(40, 200) for _ in range(3))
        draw.line([x, y, x + random.randrange(-12, 13), y + random.randrange(-12, 13)], fill=colour, width=2)
    corners = random.sample([(12, 12), (60, 12), (12, 60), (60, 60)], 3)
    present = []
    for name, (x, y) in zip(["circle", "square", "cross"], corners):
        if random.random() > (0.5 if name != "cross" else 0.25):
            continue
        present.append(name)
        colour = tuple(random.randrange(60, 256) for _ in range(3))
        side = random.randrange(9, 16)
        if name == "circle":
            draw.ellipse([x, y, x + side, y + side], fill=colour)
        elif name == "square":
            draw.rectangle([x, y, x + side, y + side], fill=colour)
        else:
            draw.line([x, y, x + side, y + side], fill=colour, width=4)
            draw.line([x, y + side, x + side, y], fill=colour, width=4)
    return present


def main(folder, count=240, seed=3):
    folder = pathlib.Path(folder)
    chance = random.Random(seed)
    for kind in ["shapes", "sizes"]:
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for part, share in [("train", count * 3 // 4), ("test", count // 4)]:
        labels, numbers = [], []
        for index in range(share):
            ground = tuple(chance.randrange(0, 90) for _ in range(3))
            picture = Image.new("RGB", (SIDE, SIDE), ground)
            labels.append([f"shapes/{part}{index}.png", ";".join(shapes(chance, picture))])
            picture.save(folder / labels[-1][0])
            light = chance.randrange(10, 200)
            radius = chance.uniform(5, 40)
            picture = Image.new("RGB", (SIDE, SIDE), (light, light, light))
            draw = ImageDraw.Draw(picture)
            draw.ellipse([48 - radius, 48 - radius, 48 + radius, 48 + radius], fill=(230, 60, 40))
            numbers.append([f"sizes/{part}{index}.png", f"{25 * radius:.2f}", f"{light / 255:.4f}"])
            picture.save(folder / numbers[-1][0])
        for name, header, rows in [
            (f"shapes-{part}.csv", ["path", "labels"], labels),
            (f"sizes-{part}.csv", ["path", "size", "light"], numbers),
        ]:
            with open(folder / name, "w", newline="") as file:
                csv.writer(file).writerows([header] + rows)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
