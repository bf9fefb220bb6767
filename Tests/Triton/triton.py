"""A real Triton on this machine, started as nvidia-pytriton carries it, with the model beside this file.

Run by the Python that has nvidia-pytriton: it prints the address when the server is ready, and ends it when its input
ends.

usage: triton.py NAME ONNX LABELS [--instances 1] [--threads 1]
"""

import argparse
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request

import pytriton

HERE = pathlib.Path(__file__).parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def repository(folder, name, onnx, labels, instances, threads, batch=0):
    """The folder of one model.

    With a batch Triton counts the first axis itself: only then does it classify row by row."""
    text = (HERE / "model/config.pbtxt").read_text()
    if batch:
        text = text.replace("[ -1, ", "[ ").replace("dims: [ -1 ]", "dims: [ 1 ]")
    place = pathlib.Path(folder, name)
    (place / "1").mkdir(parents=True)
    for word, number in (("INSTANCES", instances), ("BATCH", batch)):
        text = text.replace(word, str(number))
    (place / "config.pbtxt").write_text(f'name: "{name}"\n{text}')
    shutil.copy(HERE / "model/model.py", place / "1/model.py")
    shutil.copy(onnx, place / "1/model.onnx")
    shutil.copy(labels, place / "labels.txt")
    (place / "1/threads.txt").write_text(str(threads))
    (place / "1/site.txt").write_text(sysconfig.get_paths()["purelib"])


def started(folder):
    """The process and its address."""
    root = pathlib.Path(pytriton.__file__).parent / "tritonserver"
    backends = pathlib.Path(folder, "backends")
    shutil.copytree(root / "backends", backends)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    # The one program that must be this very Python's.
    shutil.copy(root / "python_backend_stubs" / version / "triton_python_backend_stub", backends / "python")
    port = free_port()
    site = sysconfig.get_paths()["purelib"]
    libraries = [sysconfig.get_config_var("LIBDIR"), *map(str, pathlib.Path(site).glob("nvidia_pytriton.libs"))]
    child = subprocess.Popen(
        [root / "bin/tritonserver", "--model-repository", pathlib.Path(folder, "models"), "--backend-directory", backends,
         "--http-address", "127.0.0.1", "--http-port", str(port), "--allow-grpc", "false", "--allow-metrics", "false",
         "--log-verbose", "0"],
        env={**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)},
        stdout=subprocess.DEVNULL, stderr=open(pathlib.Path(folder, "log"), "w"))
    end = time.monotonic() + 120
    while time.monotonic() < end and child.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/health/ready", timeout=1)
            return child, f"127.0.0.1:{port}"
        except OSError:
            time.sleep(0.1)
    child.kill()
    raise SystemExit(f"Triton did not start: {pathlib.Path(folder, 'log').read_text()[-4000:]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("onnx")
    parser.add_argument("labels")
    parser.add_argument("--instances", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="graft-triton-") as folder:
        repository(f"{folder}/models", arguments.name, arguments.onnx, arguments.labels, arguments.instances, arguments.threads)
        repository(f"{folder}/models", "batched", arguments.onnx, arguments.labels, 1, 1, batch=8)
        child, address = started(folder)
        print(address, child.pid, flush=True)
        sys.stdin.read()
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            child.kill()


if __name__ == "__main__":
    main()
