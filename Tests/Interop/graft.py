"""The command `graft` and what its files hold, read with nothing but NumPy."""

import json
import os
import subprocess

import numpy as np

PROGRAM = os.path.abspath(os.environ.get("GRAFT", ".build/release/graft"))


def graft(*arguments, fails=False):
    """Runs the command. Returns its JSON document, its text, or its error line where it is to fail."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    if fails:
        assert done.returncode == 1, f"expected to fail: {arguments}"
        return done.stderr.strip()
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def description(path):
    """The `graft.json` of an `.npz`."""
    return json.loads(np.load(path)["graft.json"])


def arrays(path):
    """Every array of an `.npz`, by name."""
    file = np.load(path)
    return {name: file[name] for name in file.files if name != "graft.json"}


def probe(preprocessing, number=0):
    """The picture of noise that model files carry the logits of, `[1, 3, crop, crop]`: bytes of SplitMix64."""
    side = preprocessing["crop"]
    count = side * side * 3
    x = np.arange(number * count + 1, (number + 1) * count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = (x ^ (x >> np.uint64(31))) >> np.uint64(56)
    picture = x.astype(np.float32).reshape(side, side, 3) / np.float32(255)
    mean, std = (np.array(preprocessing[key], dtype=np.float32) for key in ("mean", "std"))
    return ((picture - mean) / std).transpose(2, 0, 1)[None]


def prepared(path, preprocessing):
    """A picture as a model wants it, `[1, 3, crop, crop]`, by Pillow."""
    import PIL.Image

    picture = PIL.Image.open(path).convert("RGB")
    short, long, resize = min(picture.size), max(picture.size), preprocessing["resize"]
    sides = resize, int(resize * long / short)
    size = sides if picture.width <= picture.height else sides[::-1]
    filters = {"bilinear": PIL.Image.Resampling.BILINEAR, "bicubic": PIL.Image.Resampling.BICUBIC}
    picture = picture.resize(size, filters[preprocessing["interpolation"]])
    crop = preprocessing["crop"]
    left, top = (round((extent - crop) / 2) for extent in picture.size)
    values = np.asarray(picture.crop((left, top, left + crop, top + crop)), dtype=np.float32) / np.float32(255)
    mean, std = (np.array(preprocessing[key], dtype=np.float32) for key in ("mean", "std"))
    return ((values - mean) / std).transpose(2, 0, 1)[None]


def require_distinct(logits):
    """Pictures that a network hardly tells apart would prove little."""
    for first, second in zip(logits, logits[1:]):
        assert difference([first], [second]) > 0.1, difference([first], [second])


def difference(found, expected):
    """The greatest difference as a part of the largest expected value."""
    found, expected = np.asarray(found, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    assert found.shape == expected.shape, f"{found.shape} instead of {expected.shape}"
    return float(np.abs(found - expected).max() / np.abs(expected).max())
