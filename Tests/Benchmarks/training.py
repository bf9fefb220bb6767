"""Training: Graft and PyTorch in turn, single steps and whole runs from files to accuracy.

Steps: batch 32, 224 px, Adam, PyTorch in channels_last with a fused Adam. Runs: EfficientNet-B0, 225 pictures to learn from
and 75 to test on, in folders of three classes, the same checkpoint; what is timed is the whole process on both sides, with
nothing cached from an earlier run. Both sides must learn the classes, or nothing is written.

usage: training.py [--rounds 5] [--run-rounds 3] [--seconds 10] [--output FILE] [--only steps|runs] [NETWORK ...]
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import photos
import run

SCRIPT = str(pathlib.Path(__file__).resolve().parent / "pytorch_training.py")
BATCH = 32
# How fine the grain is (see photos.draw), and the colour.
CLASSES = {"lawn": (0.75, (70, 190, 70)), "sky": (0.6, (90, 120, 210)), "tomatoes": (0.7, (200, 60, 50))}
STEPS = [
    ("efficientnet_b0", "everything", "none"), ("efficientnet_b0", "last two stages and head", "2"),
    ("mobilenet_v3_large", "everything", "none"), ("resnet18", "everything", "none"),
    ("vit_small_patch16_224", "everything", "none"), ("vit_small_patch16_224", "last two blocks, norm and head", "3"),
    ("convnext_tiny", "everything", "none"), ("convnext_tiny", "last stage and head", "2"),
    ("mobilenetv4_conv_small", "everything", "none"), ("mobilenetv4_conv_small", "last stage and head", "2"),
]
RUNS = [
    ("head only, 5 epochs", 5, [], {}),
    ("last two stages and head, augmented, 10 epochs", 10, ["--augment", "--stages", "2"],
     {"data.augment": "{crop: true, flip: 0.5}", "train.freeze": "{stages: 2}"}),
]


def make_pictures(folder, train=75, test=25):
    for number, (name, look) in enumerate(CLASSES.items()):
        for part, count in (("train", train), ("test", test)):
            os.makedirs(f"{folder}/{part}/{name}")
            for index in range(count):
                seed = 1000 * number + (train if part == "test" else 0) + index
                photos.draw(seed, 512, 512, *look).save(f"{folder}/{part}/{name}/{index:03}.jpg", quality=90)


def row(name, ours, theirs, extra=""):
    ratios = [our / their for our, their in zip(ours, theirs)]
    return (f"| {name} | {statistics.median(ours):.1f} | {statistics.median(theirs):.1f} | "
            f"**{statistics.median(ratios):.3f}** ({min(ratios):.3f} to {max(ratios):.3f}) |{extra}")


def measure_step(network, part, stages, folder, arguments):
    weights, model = convert(network, folder)
    freeze = stages if stages == "none" else f"stages={stages}"
    command = ["bench", model, "--train", "--freeze", freeze, "--batch", str(BATCH), "--seconds",
               str(arguments.seconds), "--json"]
    cut = json.loads(run.graft(*command, "--seconds", "0.01")).get("cut", "none")
    peer = subprocess.Popen(
        [sys.executable, "-B", SCRIPT, "steps", network, weights, str(run.THREADS), str(BATCH), cut],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def theirs():
        peer.stdin.write(f"{arguments.seconds}\n")
        peer.stdin.flush()
        line = peer.stdout.readline()
        if not line:
            sys.exit("PyTorch's process has ended")
        return json.loads(line)

    with peer:
        theirs()
        rounds = [(json.loads(run.graft(*command)), theirs()) for _ in range(arguments.rounds)]
        peer.stdin.close()
    memory = [max(found["resident_bytes"] for found in side) >> 20 for side in zip(*rounds)]
    return row(
        f"{network}, {part}", [found["results"][0]["median_ms"] for found, _ in rounds], [found["median_ms"] for _, found in rounds],
        f" {memory[0]:,} | {memory[1]:,} |"), statistics.median(
            found["results"][0].get("prefix_ms", 0) for found, _ in rounds)


def convert(network, folder):
    """A checkpoint of fresh weights, and Graft's model of the same."""
    weights, model = f"{folder}/{network}.pth", f"{folder}/{network}.npz"
    if not os.path.exists(model):
        run.torch.save(run.reference(network).state_dict(), weights)
        run.graft("convert", weights, model, "--backbone", network)
    return weights, model


def measure_run(title, epochs, options, settings, weights, pictures, folder, arguments):
    configuration = {
        "backbone": "efficientnet_b0", "weights": weights, "data.train": f"{pictures}/train",
        "data.test": f"{pictures}/test", "train.epochs": epochs, "cache": "false",
        # PyTorch's side says nothing of the pictures either.
        "insight": "false", **settings}
    pathlib.Path(f"{folder}/empty.yaml").write_text("")

    def ours():
        assignments = [part for key, value in configuration.items() for part in ("--set", f"{key}={value}")]
        test = json.loads(run.graft(
            "train", f"{folder}/empty.yaml", *assignments, "--output", f"{folder}/run", "--json"))["test"]
        return test["correct"], test["total"]

    def theirs():
        done = subprocess.run(
            [sys.executable, "-B", SCRIPT, "run", weights, pictures, str(epochs), *options], capture_output=True,
            text=True)
        if done.returncode != 0:
            sys.exit(f"{title}: {done.stderr}")
        found = json.loads(done.stdout)
        return found["correct"], found["total"]

    times = ([], [])
    counts = ([], [])
    for _ in range(arguments.run_rounds):
        for side, work in enumerate((ours, theirs)):
            begin = time.perf_counter()
            correct, total = work()
            times[side].append(time.perf_counter() - begin)
            if correct < 0.6 * total:
                sys.exit(f"{title}: {('Graft', 'PyTorch')[side]} knows {correct} of {total}: it has learnt nothing")
            counts[side].append(correct)
    answers = [f"{statistics.median(side):.0f} of {total}" for side in counts]
    return row(title, *times, f" {answers[0]} | {answers[1]} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--run-rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--output")
    parser.add_argument("--only", choices=["steps", "runs"])
    parser.add_argument("networks", nargs="*", help="steps of these only")
    arguments = parser.parse_args()
    if arguments.output and (arguments.only or arguments.networks):
        parser.error("--output takes both tables, of all networks")
    lines = []

    def add(*more):
        lines.extend(more)
        print("\n".join(more), flush=True)

    add(f"Machine: {run.machine()}, torchvision {run.torchvision.__version__}.", "")
    with tempfile.TemporaryDirectory() as folder:
        if arguments.only != "runs":
            add("| a step trains | Graft, ms an image | PyTorch, ms an image | Graft / PyTorch | Graft, MB | PyTorch, MB |",
                "|---|---|---|---|---|---|")
            prefix = 0
            for network, part, stages in STEPS:
                if arguments.networks and network not in arguments.networks:
                    continue
                line, frozen = measure_step(network, part, stages, folder, arguments)
                prefix = max(prefix, frozen)
                add(line)
            add("", f"Graft's frozen layers take {prefix:.1f} ms an image, once.", "")
        if arguments.only != "steps":
            make_pictures(f"{folder}/pictures")
            weights, _ = convert("efficientnet_b0", folder)
            add("| a run trains | Graft, s | PyTorch, s | Graft / PyTorch | Graft knows | PyTorch knows |",
                "|---|---|---|---|---|---|")
            for title, epochs, options, settings in RUNS:
                add(measure_run(
                    title, epochs, options, settings, weights, f"{folder}/pictures", folder, arguments))
    if arguments.output:
        run.write_section(arguments.output, "training", lines)


if __name__ == "__main__":
    main()
