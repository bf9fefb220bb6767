"""PyTorch's side of training.py, a process of its own.

usage: pytorch_training.py steps NETWORK WEIGHTS THREADS BATCH none|LAYER   a line of seconds in, a line of JSON out
       pytorch_training.py run WEIGHTS PICTURES EPOCHS [--augment] [--stages N]
"""
import argparse
import json
import pathlib
import resource
import statistics
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "Interop"))
from networks import torchvision  # noqa: E402

import timm  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402


def network(weights, stages, classes=None):
    """EfficientNet-B0 in which the head and the last `stages` stages train; all of it for None.

    The frozen part is in evaluation mode: its batch norms stay as they are, and cost less."""
    model = torchvision.models.efficientnet_b0()
    model.load_state_dict(torch.load(weights))
    if classes is not None:
        model.classifier[1] = nn.Linear(1280, classes)
    model.train()
    frozen = [] if stages is None else model.features[: len(model.features) - stages]
    for part in frozen:
        part.requires_grad_(False)
        part.eval()
    return model.to(memory_format=torch.channels_last)


def cut_network(name, weights, last):
    """torchvision's or timm's network, frozen up to the layer `last` in the order of its parameters; nowhere for "none"."""
    model = getattr(torchvision.models, name)() if hasattr(torchvision.models, name) else timm.create_model(name)
    model.load_state_dict(torch.load(weights))
    model.train()
    named = list(model.named_parameters())
    frozen = [index for index, (key, _) in enumerate(named) if key.startswith(last + ".")]
    for _, value in named[: max(frozen, default=-1) + 1]:
        value.requires_grad_(False)
    for part in model.modules():
        values = list(part.parameters())
        if values and not any(value.requires_grad for value in values):
            part.eval()
    return model.to(memory_format=torch.channels_last)


def adam(model):
    return torch.optim.Adam([value for value in model.parameters() if value.requires_grad], lr=1e-3, fused=True)


def steps(arguments):
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    model = cut_network(arguments.network, arguments.weights, arguments.last)
    optimizer, loss = adam(model), nn.CrossEntropyLoss()
    x = torch.rand(arguments.batch, 3, 224, 224).mul(2).sub(1).to(memory_format=torch.channels_last)
    y = torch.arange(arguments.batch)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss(model(x), y).backward()
        optimizer.step()

    for line in sys.stdin:
        times, seconds = [], float(line)
        step()
        end = time.perf_counter() + seconds
        while len(times) < 3 or time.perf_counter() < end:
            start = time.perf_counter()
            step()
            times.append((time.perf_counter() - start) * 1000 / arguments.batch)
        print(json.dumps({"median_ms": statistics.median(times), "resident_bytes": peak_resident_bytes()}), flush=True)


def peak_resident_bytes():
    """The most memory that this process had."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux's rusage begins with what the process had that started this one.
    status = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM:"))


def run(arguments):
    """A course's script: folders of pictures, a pretrained network, a new head, a loop over epochs that trains and tests."""
    torch.manual_seed(42)
    transforms = torchvision.transforms
    bicubic = transforms.InterpolationMode.BICUBIC
    tested = torchvision.models.EfficientNet_B0_Weights.IMAGENET1K_V1.transforms()
    trained = transforms.Compose([
        transforms.RandomResizedCrop(224, interpolation=bicubic), transforms.RandomHorizontalFlip(),
        transforms.ToTensor(), transforms.Normalize(tested.mean, tested.std)]) if arguments.augment else tested
    train = torchvision.datasets.ImageFolder(f"{arguments.pictures}/train", trained)
    test = torchvision.datasets.ImageFolder(f"{arguments.pictures}/test", tested)
    train_loader = torch.utils.data.DataLoader(train, batch_size=32, shuffle=True, num_workers=2)
    test_loader = torch.utils.data.DataLoader(test, batch_size=32, num_workers=2)
    model = network(arguments.weights, arguments.stages, len(train.classes))
    optimizer, loss = adam(model), nn.CrossEntropyLoss()
    modes = [(part, part.training) for part in model.modules()]
    for _ in range(arguments.epochs):
        for part, mode in modes:
            part.training = mode
        for x, y in train_loader:
            optimizer.zero_grad(set_to_none=True)
            loss(model(x.contiguous(memory_format=torch.channels_last)), y).backward()
            optimizer.step()
        model.eval()
        correct = 0
        with torch.inference_mode():
            for x, y in test_loader:
                correct += (model(x.contiguous(memory_format=torch.channels_last)).argmax(1) == y).sum().item()
    print(json.dumps({"correct": correct, "total": len(test)}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("steps")
    command.add_argument("network")
    command.add_argument("weights")
    command.add_argument("threads", type=int)
    command.add_argument("batch", type=int)
    command.add_argument("last")
    command.set_defaults(work=steps)
    command = commands.add_parser("run")
    command.add_argument("weights")
    command.add_argument("pictures")
    command.add_argument("epochs", type=int)
    command.add_argument("--augment", action="store_true")
    command.add_argument("--stages", type=int, default=0)
    command.set_defaults(work=run)
    arguments = parser.parse_args()
    arguments.work(arguments)


if __name__ == "__main__":
    main()
