"""Gives every_operation.onnx, as Graft writes it, to ONNX's checker and to ONNX Runtime, and keeps the answers.

    GRAFT_RECORD=1 swift test -c release --disable-testable-imports --filter ONNXTests    # writes the .onnx
    python make.py                                                                          # needs onnx, onnxruntime
"""

import pathlib

import numpy as np
import onnx
import onnxruntime

HERE = pathlib.Path(__file__).parent
HEIGHT, WIDTH = 12, 15


def hashed_input(name):
    """The picture of Tests/Support/HashFill.swift, `[3, H, W]`."""
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) % 2**64
    x = np.uint64(h) + np.arange(1, 3 * HEIGHT * WIDTH + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return (2 * ((x >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1)).astype(np.float32).reshape(3, HEIGHT, WIDTH)


path = str(HERE / "every_operation.onnx")
onnx.checker.check_model(path, full_check=True)
assert {each.key: each.value for each in onnx.load(path).metadata_props} == {"a": "ü", "b": "2"}
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
(logits,) = session.run(["logits"], {"image": np.stack([hashed_input("first"), hashed_input("second")])})
print(logits)
np.savez(HERE / "every_operation.npz", logits=logits)
