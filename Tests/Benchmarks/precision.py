"""Alternates Graft in float32, bfloat16 and 8 bits with ONNX Runtime and OpenVINO at theirs, on the same network and input.

Every program's figure is its least time of all rounds: what else a machine does makes a run slower, never faster. The peers' 8-bit
networks are made by their own tools at their usual settings (ONNX Runtime: static QDQ, weights per channel; OpenVINO: NNCF, mixed),
of the same photos as Graft's. Weights of all but Lite0 are numbers from a seed: this measures time, not answers.

usage: precision.py [--rounds 4] [--seconds 0.4] [--output FILE] [NETWORK:BATCH ...]
"""
import argparse
import json
import logging
import os
import pathlib
import tempfile
import time

os.environ.setdefault("CI", "1")  # NNCF reports its use unless this is set.

import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402
import openvino  # noqa: E402
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static  # noqa: E402
from onnxruntime.quantization.shape_inference import quant_pre_process  # noqa: E402

import run  # noqa: E402
from graft import description, prepared  # noqa: E402

logging.disable(logging.INFO)
import nncf  # noqa: E402

PHOTOS = pathlib.Path(__file__).resolve().parents[1] / "Fixtures/sample/train"
DEFAULT = [
    f"{name}:{batch}" for name in ["efficientnet_lite0", "efficientnet_b0", "resnet18", "mobilenet_v3_small"]
    for batch in (1, 8)
]


class Photos(CalibrationDataReader):
    def __init__(self, name, images):
        self.rest = iter([{name: image} for image in images])

    def get_next(self):
        return next(self.rest, None)


def least(function, seconds):
    function()
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


class Programs:
    """One network in every precision of every program."""

    def __init__(self, name, folder):
        self.network = run.Network(name, folder)
        self.int8 = f"{folder}/{name}.int8.npz"
        run.graft("quantize", self.network.model, self.int8, "--data", str(PHOTOS), "--agreement", "0.5")
        about = description(self.int8)["preprocessing"]
        self.images = [prepared(path, about) for path in sorted(map(str, PHOTOS.glob("*/*.jpg")))[:32]]
        self.plain = self.network.onnx
        self.quantized = f"{folder}/{name}.qdq.onnx"
        quant_pre_process(self.plain, f"{folder}/{name}.pre.onnx")
        quantize_static(
            f"{folder}/{name}.pre.onnx", self.quantized, Photos("image", self.images), quant_format=QuantFormat.QDQ,
            per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
        self.core = openvino.Core()
        self.model = self.core.read_model(self.plain)
        self.model8 = nncf.quantize(
            self.core.read_model(self.plain), nncf.Dataset(self.images), preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(self.images))

    def graft(self, model, precision, batch, seconds):
        document = run.graft(
            "bench", model, "--precision", precision, "--batch", str(batch), "--seconds", str(seconds), "--json")
        return json.loads(document)["results"][0]["least_ms"]

    def runtime(self, path, x):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = run.THREADS
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return lambda: session.run(None, {"image": x})

    def openvino(self, model, precision, x):
        model = model.clone()
        model.reshape(x.shape)
        compiled = self.core.compile_model(
            model, "CPU",
            {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": run.THREADS,
             "INFERENCE_PRECISION_HINT": precision})
        request = compiled.create_infer_request()
        return lambda: request.infer([x])

    def measure(self, batch, rounds, seconds):
        x = np.concatenate([self.images[index % len(self.images)] for index in range(batch)])
        peers = {
            "ONNX Runtime int8": self.runtime(self.quantized, x), "ONNX Runtime": self.runtime(self.plain, x),
            "OpenVINO int8": self.openvino(self.model8, "f32", x), "OpenVINO bf16": self.openvino(self.model, "bf16", x),
            "OpenVINO": self.openvino(self.model, "f32", x),
        }
        found = {}
        for _ in range(rounds):
            for title, model, precision in [
                ("Graft int8", self.int8, "int8"), ("Graft bf16", self.network.model, "bf16"),
                ("Graft", self.network.model, "f32"),
            ]:
                found.setdefault(title, []).append(self.graft(model, precision, batch, seconds))
            for title, function in peers.items():
                found.setdefault(title, []).append(least(function, seconds) / batch)
        return {title: min(times) for title, times in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=0.4)
    parser.add_argument("--output")
    parser.add_argument("cases", nargs="*", default=DEFAULT)
    arguments = parser.parse_args()
    lines, programs = [f"Machine: {run.machine()}; NNCF {nncf.__version__}.", ""], {}
    print(lines[0])
    with tempfile.TemporaryDirectory() as folder:
        for case in arguments.cases:
            name, batch = case.split(":")
            if name not in programs:
                programs[name] = Programs(name, folder)
            times = programs[name].measure(int(batch), arguments.rounds, arguments.seconds)
            best = min(time for title, time in times.items() if not title.startswith("Graft"))
            if len(lines) == 2:
                titles = ["network", "batch", *times, "Graft int8 / best peer"]
                lines += [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
            row = [name, batch, *(f"{time:.2f}" for time in times.values()), f"**{times['Graft int8'] / best:.2f}**"]
            lines.append(f"| {' | '.join(row)} |")
            print(lines[-1], flush=True)
    if arguments.output:
        run.write_section(arguments.output, "precision table", lines)


if __name__ == "__main__":
    main()
