"""TensorBoard's own reader reads the event files of a training run."""

import json
import os

from graft import graft
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

SAMPLE = os.path.join(os.path.dirname(__file__), "../Fixtures/sample")


def test_event_files_hold_the_figures_of_every_epoch(folder):
    with open(f"{folder}/food.yaml", "w") as file:
        json.dump(
            {
                "data": {"train": f"{SAMPLE}/train", "test": f"{SAMPLE}/test"},
                "train": {"tensorboard": True, "phases": [{"epochs": 2}, {"epochs": 2, "learning_rate": 0.0005}]},
            },
            file,
        )
    epochs = graft("train", f"{folder}/food.yaml", "--output", f"{folder}/run", "--json")["epochs"]
    events = EventAccumulator(f"{folder}/run").Reload()
    figures = {
        "loss/train": lambda epoch: epoch["train_loss"],
        "loss/test": lambda epoch: epoch["test_loss"],
        "accuracy/train": lambda epoch: epoch["train_correct"] / epoch["train_total"],
        "accuracy/test": lambda epoch: epoch["test_correct"] / epoch["test_total"],
        "learning_rate": lambda epoch: epoch["learning_rate"],
        "phase": lambda epoch: epoch["phase"],
    }
    assert sorted(events.Tags()["scalars"]) == sorted(figures)
    for tag, figure in figures.items():
        found = events.Scalars(tag)
        assert [event.step for event in found] == [1, 2, 3, 4]
        for event, epoch in zip(found, epochs):
            assert abs(event.value - figure(epoch)) <= 1e-6 * abs(figure(epoch)), (tag, event, epoch)
    times = [event.wall_time for event in events.Scalars("phase")]
    assert times == sorted(times)
    return f"{len(figures)} figures of {len(epochs)} epochs"
