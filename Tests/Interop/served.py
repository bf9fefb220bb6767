"""`graft serve` as a child of this process, and pictures to send to it."""

import contextlib
import io
import os
import re
import signal
import subprocess
import threading

import numpy as np
import PIL.Image

from graft import PROGRAM

MODEL = "efficientnet_lite0"


def started(*arguments, models=(MODEL,)):
    """A server's process, its `host:port`, and its log's lines as they come."""
    child = subprocess.Popen(
        [PROGRAM, "serve", *map(str, models), "--port", "0", *map(str, arguments)],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"},
    )
    lines = []
    for line in child.stderr:
        lines.append(line)
        found = re.search(r"at https?://([^/]+)/", line)
        if found:
            break
    else:
        raise AssertionError(f"the server did not start: {lines}")
    # Its log has to go somewhere.
    threading.Thread(target=lambda: lines.extend(child.stderr), daemon=True).start()
    return child, found.group(1), lines


@contextlib.contextmanager
def served(*arguments, models=(MODEL,)):
    """Yields `host:port` of a server that ends with the block."""
    child, address, _ = started(*arguments, models=models)
    try:
        yield address
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=15) == 0, "the server did not end well"
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def picture(seed=0, size=(320, 240), kind="JPEG"):
    """The bytes of a picture of smooth colours."""
    draw = np.random.default_rng(seed)
    small = PIL.Image.fromarray(draw.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    file = io.BytesIO()
    small.resize(size, PIL.Image.BICUBIC).save(file, kind)
    return file.getvalue()
