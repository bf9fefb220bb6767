"""A folder of photos: `graft predict --csv` against a Python loop over torchvision's transforms and ONNX Runtime with two
worker processes, the same network, weights and files.

The loop is at its best: its workers are started, its sessions are loaded and have run before the clock starts, each on a
thread of its own. Graft's time is that of the whole command, from the start of the process to its last line. Both must
give every photo the same class, with the same probability to 1e-4, before anything is timed; then they take turns.

usage: photos.py [--photos 1000] [--rounds 5] [--output FILE] [NETWORK ...]
"""
import argparse
import csv
import io
import json
import multiprocessing
import os
import pathlib
import shutil
import statistics
import tempfile
import time

import numpy as np
import PIL.Image

import run

WORKERS = 2
DISTINCT = 100


def draw(index, width=512, height=384, decay=0.85, colour=None):
    """A photo that no camera took: random colours on ever finer grids, about as large a file as a photo's.

    `decay` is what a grid weighs beside the one before, `colour` the mean one, another each time for None."""
    random = np.random.default_rng(index)
    total, weights = np.zeros((height, width, 3)), decay ** np.arange(8)
    for octave, weight in enumerate(weights):
        grid = random.integers(0, 256, (3 << octave, 4 << octave, 3), np.uint8)
        total += weight * np.asarray(PIL.Image.fromarray(grid).resize((width, height), PIL.Image.BICUBIC))
    if colour is None:
        colour = random.uniform(60, 196, 3)
    # More contrast than a mean of random numbers has.
    shades = (total / weights.sum() - 128) * 2.5 + colour
    return PIL.Image.fromarray(np.clip(shades, 0, 255).astype(np.uint8))


def make_photos(folder, count):
    for index in range(count):
        path = f"{folder}/{index:04}.jpg"
        if index < DISTINCT:
            draw(index).save(path, quality=90)
        else:
            shutil.copy(f"{folder}/{index % DISTINCT:04}.jpg", path)


class Loop:
    """What a worker keeps: the transforms that the model file asks for, and a session."""

    current = None

    def __init__(self, model):
        transforms = run.torchvision.transforms
        run.torch.set_num_threads(1)
        options = run.onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.graph_optimization_level = run.onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = run.onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        asked = json.loads(self.session.get_modelmeta().custom_metadata_map["preprocessing"])
        self.transform = transforms.Compose([
            transforms.Resize(asked["resize"], transforms.InterpolationMode(asked["interpolation"])),
            transforms.CenterCrop(asked["crop"]), transforms.ToTensor(),
            transforms.Normalize(asked["mean"], asked["std"])])

    def answer(self, path):
        with PIL.Image.open(path) as file:
            tensor = self.transform(file.convert("RGB"))
        logits = self.session.run(None, {self.input: tensor.unsqueeze(0).numpy()})[0][0].astype(np.float64)
        probabilities = np.exp(logits - logits.max())
        best = int(logits.argmax())
        return path, best, float(probabilities[best] / probabilities.sum())


def start(model, barrier):
    Loop.current = Loop(model)
    barrier.wait()


def answer(path):
    return Loop.current.answer(path)


def graft_answers(model, folder):
    rows = csv.DictReader(io.StringIO(run.graft("predict", model, folder, "--csv", "--top", "1")))
    return {row["path"]: (int(row["index"]), float(row["probability"])) for row in rows}


def check(name, ours, theirs, count):
    if not len(ours) == len(theirs) == count:
        raise SystemExit(f"{name}: {len(ours)} and {len(theirs)} answers for {count} photos")
    for path, (index, probability) in theirs.items():
        if ours[path][0] != index or abs(ours[path][1] - probability) > 1e-4:
            raise SystemExit(f"{name}: {path}: Graft says {ours[path]}, the loop {(index, probability)}")
    classes = len({index for index, _ in ours.values()})
    if classes < 2:
        raise SystemExit(f"{name}: the same class for every photo proves nothing")


def measure(name, folder, photos, arguments):
    network = run.Network(name, folder)
    paths = sorted(str(path) for path in pathlib.Path(photos).iterdir())
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(WORKERS)
    sides = [dim.dim_value for dim in run.onnx.load(network.onnx).graph.input[0].type.tensor_type.shape.dim]
    model = network.onnx_at(1, sides[2], sides[3])
    with context.Pool(WORKERS, start, (model, barrier)) as pool:
        def loop():
            return {path: found for path, *found in pool.imap_unordered(answer, paths, chunksize=8)}

        check(name, graft_answers(network.model, photos), {path: tuple(found) for path, found in loop().items()},
              len(paths))
        rounds = []
        for _ in range(arguments.rounds):
            times = []
            for work in (lambda: graft_answers(network.model, photos), loop):
                begin = time.perf_counter()
                work()
                times.append(time.perf_counter() - begin)
            rounds.append(times)
    ours, theirs = (len(paths) / statistics.median(times) for times in zip(*rounds))
    ratios = [their / our for our, their in rounds]
    return (f"| {name} | {len(paths)} | {ours:.0f} | {theirs:.0f} | **{statistics.median(ratios):.2f}** "
            f"({min(ratios):.2f} to {max(ratios):.2f}) |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output")
    parser.add_argument("networks", nargs="*", default=["efficientnet_b0", "efficientnet_lite0"])
    arguments = parser.parse_args()
    lines = [
        f"Machine: {run.machine()}; the loop: {WORKERS} processes, Pillow {PIL.__version__}, torchvision "
        f"{run.torchvision.__version__}.", "",
        "| network | photos | Graft, photos/s | Python loop, photos/s | Graft / loop |", "|---|---|---|---|---|",
    ]
    print(lines[0])
    with tempfile.TemporaryDirectory() as folder:
        photos = f"{folder}/photos"
        os.mkdir(photos)
        make_photos(photos, arguments.photos)
        for name in arguments.networks:
            lines.append(measure(name, folder, photos, arguments))
            print(lines[-1], flush=True)
    if arguments.output:
        run.write_section(arguments.output, "photos", lines)


if __name__ == "__main__":
    main()
