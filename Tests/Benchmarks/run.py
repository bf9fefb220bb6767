"""Alternates Graft with ONNX Runtime, OpenVINO and PyTorch on the same network, weights and input, and writes ratios.

Every round measures each program for a while, one after the other, so that a machine whose speed drifts slows all alike.
A ratio is Graft's median of a round divided by the better peer's of the same round; the table has the median of the rounds
and their range. Before anything is timed, all must give the same logits.

usage: run.py [--rounds 5] [--seconds 1] [--families] [--output FILE] [NETWORK:HEIGHTxWIDTH:BATCH ...]
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "Interop"))
import networks  # noqa: E402

import onnx  # noqa: E402
import onnxruntime  # noqa: E402
import openvino  # noqa: E402
import timm  # noqa: E402
import torch  # noqa: E402

torchvision = networks.torchvision

GRAFT = os.environ.get("GRAFT", ".build/release/graft")
THREADS = int(os.environ.get("GRAFT_THREADS", os.cpu_count() or 1))
DEFAULT = [
    "efficientnet_b0:224x224:1", "efficientnet_b0:224x224:8", "efficientnet_b0:224x224:32",
    "efficientnet_lite0:224x224:1", "efficientnet_lite0:224x224:8",
    "resnet18:224x224:1", "resnet18:224x224:8", "mobilenet_v3_small:224x224:1",
    "efficientnet_b0:225x301:3", "efficientnet_b1:240x240:1", "efficientnet_b4:380x380:1",
]
# One network of every other family, for one image and for eight.
FAMILIES = [
    f"{case}:{batch}" for case in [
        "vit_small_patch16_224:224x224", "dinov2_vits14:224x224", "swin_t:224x224", "convnext_tiny:224x224",
        "mobilenetv4_conv_small:224x224", "mobilenetv4_conv_medium:256x256", "mobilenetv4_hybrid_medium:256x256",
        "efficientnet_v2_s:384x384", "regnet_y_400mf:224x224", "regnet_y_1_6gf:224x224", "resnext50_32x4d:224x224",
        "densenet121:224x224", "vgg16:224x224", "googlenet:224x224", "inception_v3:299x299", "hgnetv2_b0:224x224",
        "repvit_m0_9:224x224", "repvit_m1_0:224x224", "mobilenet_v2:224x224", "mnasnet1_0:224x224",
        "shufflenet_v2_x1_0:224x224", "squeezenet1_1:224x224",
    ] for batch in (1, 8)
]


def graft(*arguments):
    environment = dict(os.environ, GRAFT_THREADS=str(THREADS))
    done = subprocess.run([GRAFT, *arguments], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"graft {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def bench_input(shape):
    """The numbers that `graft bench` feeds: a linear congruential generator's, the same on both sides. [N, H, W, C]"""
    count = int(np.prod(shape))
    values = np.empty(count, np.float32)
    state, mask = 1, (1 << 64) - 1
    for index in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) & mask
        word = (state >> 32) & 0xFFFFFFFF
        values[index] = np.float32(word - (1 << 32) if word >= 1 << 31 else word) * np.float32(2.0**-31)
    return values.reshape(shape)


# timm's names, where they are not Graft's.
TIMM = {"dinov2_vits14": ("vit_small_patch14_dinov2", {"num_classes": 1000, "dynamic_img_size": True})}


def reference(name):
    """torchvision's network, or else timm's, with numbers that a seed gives; None for one that neither has."""
    if hasattr(torchvision.models, name):
        # The deepest of them: rounding errors would grow to half of its logits.
        return networks.network(name, gain=3.5) if name.startswith("efficientnet_v2") else networks.network(name)
    known, options = TIMM.get(name, (name, {}))
    if known not in timm.list_models() or name.startswith("efficientnet_lite"):
        return None
    torch.manual_seed(1)
    return timm.create_model(known, **options).eval()


class Network:
    """One network's files: a Graft model, ONNX of the same weights at this size, and PyTorch's where it has one."""

    def __init__(self, name, folder):
        self.name = name
        self.model = f"{folder}/{name}.npz"
        self.onnx = f"{folder}/{name}.onnx"
        self.torch = reference(name)
        if self.torch is not None:
            torch.save(self.torch.state_dict(), f"{folder}/{name}.pth")
            graft("convert", f"{folder}/{name}.pth", self.model, "--backbone", name)
            graft("export", self.model, self.onnx)
        else:
            self.model = name
            graft("export", name, self.onnx)

    def onnx_at(self, batch, height, width):
        """The ONNX file with its input's size fixed, which is what both runtimes are fastest with."""
        model = onnx.load(self.onnx)
        for dim, value in zip(model.graph.input[0].type.tensor_type.shape.dim, (batch, 3, height, width)):
            dim.ClearField("dim_param")
            dim.dim_value = value
        del model.graph.value_info[:]
        path = f"{self.onnx}.{batch}.{height}.{width}.onnx"
        onnx.save(model, path)
        return path


def peers(network, x):
    """Each peer as a function that runs the batch once and returns the logits, at its best known settings."""
    batch, height, width, _ = x.shape
    path = network.onnx_at(batch, height, width)
    nchw = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    result = {}

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    result["ONNX Runtime"] = lambda: session.run(None, {name: nchw})[0]

    compiled = openvino.Core().compile_model(
        path, "CPU",
        {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": THREADS, "INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    result["OpenVINO"] = lambda: next(iter(request.infer({0: nchw}).values()))

    if network.torch is not None:
        torch.set_num_threads(THREADS)
        model = network.torch.to(memory_format=torch.channels_last)
        tensor = torch.from_numpy(nchw).to(memory_format=torch.channels_last)

        def run():
            with torch.inference_mode():
                return model(tensor).numpy()

        result["PyTorch"] = run
    return result


def milliseconds(run, batch, seconds):
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000 / batch)
    return statistics.median(times)


def measure(network, height, width, batch, arguments):
    x = bench_input((batch, height, width, 3))
    others = peers(network, x)
    command = [
        "bench", network.model, "--size", f"{height}x{width}", "--batch", str(batch), "--seconds",
        str(arguments.seconds), "--logits", "--json",
    ]
    logits = np.array(json.loads(graft(*command, "--seconds", "0.01"))["results"][0]["logits"], np.float64)
    scale = np.abs(logits).max()
    for name, run in others.items():
        difference = np.abs(run()[0] - logits).max() / scale
        if not difference < 1e-4:
            sys.exit(f"{network.name}: {name} gives other logits than Graft: relative difference {difference:.1e}")
    rounds, shares = {name: [] for name in ["Graft", *others]}, []
    for _ in range(arguments.rounds):
        result = json.loads(graft(*command))["results"][0]
        rounds["Graft"].append(result["median_ms"])
        shares.append(result["peak_share"])
        for name, run in others.items():
            run()
            rounds[name].append(milliseconds(run, batch, arguments.seconds))
    ratios = [
        ours / min(theirs)
        for ours, *theirs in zip(rounds["Graft"], *(rounds[name] for name in others))
    ]
    return {name: statistics.median(values) for name, values in rounds.items()}, ratios, statistics.median(shares)


def machine():
    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as file:
            processor = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    isa = json.loads(graft("bench", "mobilenet_v3_small", "--batch", "1", "--seconds", "0.01", "--json"))["isa"]
    return (
        f"{processor}, {os.cpu_count()} cores, {THREADS} threads each, Graft on {isa}; ONNX Runtime "
        f"{onnxruntime.__version__}, OpenVINO {openvino.__version__.split('-')[0]}, PyTorch {torch.__version__}; "
        f"{time.strftime('%Y-%m-%d')}")


def write_section(path, name, lines):
    """Replaces what stands between `<!-- name -->` and `<!-- end of name -->` in a file."""
    file = pathlib.Path(path)
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, found_begin, rest = file.read_text().partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        sys.exit(f"{path}: no lines {begin.strip()} and {end.strip()} to write between")
    file.write_text(before + begin + "\n".join(lines) + "\n" + end + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--output")
    parser.add_argument("--families", action="store_true", help="the table of one network of every family")
    parser.add_argument("cases", nargs="*")
    arguments = parser.parse_args()
    cases = arguments.cases or (FAMILIES if arguments.families else DEFAULT)
    lines = [
        f"Machine: {machine()}.", "",
        "| network | input | batch | Graft | of the peak | ONNX Runtime | OpenVINO | PyTorch | Graft / better of the first two peers |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    print(lines[0])
    with tempfile.TemporaryDirectory() as folder:
        known = {}
        for case in cases:
            name, size, batch = case.split(":")
            height, width = map(int, size.split("x"))
            if name not in known:
                known[name] = Network(name, folder)
            medians, ratios, share = measure(known[name], height, width, int(batch), arguments)
            cells = [f"{medians[peer]:.2f}" if peer in medians else "" for peer in
                     ("Graft", "ONNX Runtime", "OpenVINO", "PyTorch")]
            cells.insert(1, f"{share:.0%}".replace("%", " %"))
            ratio = f"**{statistics.median(ratios):.2f}** ({min(ratios):.2f} to {max(ratios):.2f})"
            lines.append(f"| {name} | {size} | {batch} | {' | '.join(cells)} | {ratio} |")
            print(lines[-1], flush=True)
    if arguments.output:
        write_section(arguments.output, "families" if arguments.families else "table", lines)


if __name__ == "__main__":
    main()
