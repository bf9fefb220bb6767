"""Training recipes against each other on the sets of make.py: a line of JSON for every run, and a table.

A run that is in the output already is not run again. Every run starts from an empty cache of features, so that seconds are
those of a first run.

usage: run.py GRAFT FOLDER --output FILE [--sets SET ...] [--recipes RECIPE ...] [--seeds 5] [--pixels 128] [--table]
"""
import argparse
import json
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

# What won on ten dishes: the head, then everything at small rates that fall from stage to stage.
FULL = {
    "freeze": "none", "epochs": 12, "learning_rate": 0.0003, "layer_decay": 0.8, "batch_norm": "frozen",
}
TRAIN = {
    "optimizer": {"kind": "adamw", "weight_decay": 0.05}, "label_smoothing": 0.1, "ema": 0.99,
}


def phases(head=3, light=True, train={}, **full):
    """The head, then `FULL` with changes."""
    return {
        "train": {**TRAIN, "phases": [{"freeze": "backbone", "epochs": head}, {**FULL, **full}], **train},
        "data": {"augment": "light" if light else "none"},
    }


COSINE = {"kind": "cosine", "warmup_epochs": 1}
RECIPES = {
    "head": {"train": {"epochs": 5}},
    "head 20": {"train": {"epochs": 20}},
    "old recipe": {"train": {"phases": [
        {"freeze": "backbone", "epochs": 5},
        {"freeze": "two_thirds", "epochs": 5, "learning_rate": 0.00003, "batch_norm": "frozen"}]}},
    "all": phases(),
    "all, cosine": phases(schedule=COSINE, train={"ema": False}),
    "all, cosine, averaged": phases(schedule=COSINE),
    "all, 1e-4": phases(learning_rate=0.0001),
    "all, 1e-3, cosine": phases(learning_rate=0.001, schedule=COSINE, train={"ema": False}),
    "all, 24 epochs": phases(epochs=24),
    "all, 24 epochs, cosine": phases(epochs=24, schedule=COSINE, train={"ema": False}),
    "all, 4 epochs, cosine": phases(epochs=4, schedule=COSINE, train={"ema": False}),
    "last third": phases(freeze="two_thirds"),
    "last third, plain, cosine": phases(freeze="two_thirds", schedule=COSINE, light=False, train={"ema": False}),
    "all, plain, cosine": phases(schedule=COSINE, light=False, train={"ema": False}),
    "finetune": {"train": {"recipe": "finetune"}},
    "quick": {"train": {"recipe": "finetune", "finetune": "quick"}},
}


def processor_seconds():
    """What the processes before this one have cost: true on a busy machine too, where seconds are not."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(graft, folder, recipe, seed, pixels):
    """One run's document, with the counts that matter."""
    settings = json.loads(json.dumps(RECIPES[recipe]))
    settings["train"]["seed"] = seed
    data = {"train": str(folder / "train"), "test": str(folder / "test"), **settings.get("data", {})}
    with tempfile.TemporaryDirectory() as place:
        configuration = pathlib.Path(place) / "run.yaml"
        prepared = {"preprocessing": {"resize": pixels, "crop": pixels}} if pixels else {}
        # JSON is YAML.
        configuration.write_text(json.dumps({**settings, **prepared, "data": data, "cache": False}))
        start, before = time.monotonic(), processor_seconds()
        done = subprocess.run(
            [graft, "train", str(configuration), "--output", f"{place}/out", "--json"], capture_output=True, text=True)
        seconds, processor = time.monotonic() - start, processor_seconds() - before
    if done.returncode != 0:
        raise SystemExit(f"{folder.name}, {recipe}: {done.stderr}")
    document = json.loads(done.stdout)
    return {
        "set": folder.name, "recipe": recipe, "seed": seed, "pixels": pixels, "correct": document["test"]["correct"],
        "total": document["test"]["total"], "loss": document["test"]["loss"], "seconds": round(seconds, 1), "processor_seconds": round(processor, 1),
        "epochs": [(e.get("phase"), e["test_correct"]) for e in document["epochs"]],
        "decision": document.get("fine_tuning"),
    }


def table(rows):
    sets = list(dict.fromkeys(row["set"] for row in rows))
    lines = ["| | " + " | ".join(sets) + " |", "|---" * (len(sets) + 1) + "|"]
    for recipe in dict.fromkeys(row["recipe"] for row in rows):
        cells = []
        for name in sets:
            found = [row for row in rows if row["set"] == name and row["recipe"] == recipe]
            cells.append(
                f"{statistics.mean(r['correct'] for r in found):.1f} of {found[0]['total']}, "
                f"{statistics.mean(r['seconds'] for r in found):.0f} s ({len(found)})" if found else "")
        lines.append(f"| {recipe} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graft")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--sets", nargs="*")
    parser.add_argument("--recipes", nargs="*", default=list(RECIPES))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--pixels", type=int, default=128, help="0 for the weights' own")
    parser.add_argument("--table", action="store_true", help="only show what is there")
    arguments = parser.parse_args()
    read = lambda: [json.loads(line) for line in arguments.output.read_text().splitlines()]
    rows = read() if arguments.output.exists() else []
    known = {(row["set"], row["recipe"], row["seed"], row["pixels"]) for row in rows}
    folders = [arguments.folder / name for name in arguments.sets or sorted(p.name for p in arguments.folder.iterdir())]
    for seed in range(0 if arguments.table else arguments.seeds):
        for recipe in arguments.recipes:
            for folder in folders:
                if (folder.name, recipe, seed, arguments.pixels) in known:
                    continue
                row = run(arguments.graft, folder, recipe, seed, arguments.pixels)
                with arguments.output.open("a") as file:
                    file.write(json.dumps(row) + "\n")
    if arguments.output.exists():
        print(table(read()))


if __name__ == "__main__":
    main()
