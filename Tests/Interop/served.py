"""`graft serve` as a child of this process, and pictures to send to it."""

import contextlib
import io
import os
import re
import signal
import subprocess

import numpy as np
import PIL.Image

from graft import PROGRAM

MODEL = "efficientnet_lite0"


@contextlib.contextmanager
def served(*arguments, models=(MODEL,)):
    """Yields `host:port` of a server that ends with the block."""
    child = subprocess.Popen(
        [PROGRAM, "serve", *models, "--port", "0", *map(str, arguments)],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"},
    )
    lines = []
    try:
        for line in child.stderr:
            lines.append(line)
            found = re.search(r"at http://([^/]+)/", line)
            if found:
                break
        else:
            raise AssertionError(f"the server did not start: {lines}")
        # Its log has to go somewhere.
        drain = subprocess.Popen(["cat"], stdin=child.stderr, stdout=subprocess.DEVNULL)
        yield found.group(1)
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=15) == 0, "the server did not end well"
        drain.wait(timeout=5)
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
