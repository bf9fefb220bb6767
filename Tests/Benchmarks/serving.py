"""`graft serve` against other servers of models: Triton with its Python back end, mosec, LitServe, FastAPI, all with Pillow
and ONNX Runtime, the same network, weights and photos.

All servers run at the same time, each with a worker (Graft: a thread) a processor, and are asked in turn: every round asks
each at every number of connections for a while. All must give the same probabilities (to 1e-4) before anything is timed.
The client keeps its connections, sends photos of 512x384 and reads 1,000 probabilities, and shares the processors with the
servers; Graft and Triton are asked with the same bytes, the binary tensor extension of the Open Inference Protocol.

Graft's own rate without a server is that of `graft predict --csv` on a folder of the same photos, in turn with the others.

usage: serving.py [--rounds 3] [--seconds 3] [--output FILE]
"""

import argparse
import csv
import io
import json
import os
import pathlib
import re
import selectors
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
import PIL.Image

HERE = pathlib.Path(__file__).resolve().parent
GRAFT = os.path.abspath(os.environ.get("GRAFT", ".build/release/graft"))
TRITON = os.path.abspath(os.environ.get("TRITON_PYTHON", ".cache/Triton/bin/python"))
MODEL = "efficientnet_lite0"
CONNECTIONS = (1, 4, 16, 64)
WORKERS = os.cpu_count() or 1
PHOTOS = 40


def draw(index, width=512, height=384):
    """A photo that no camera took, of about a photo's size: random colours on ever finer grids."""
    random = np.random.default_rng(index)
    total, weights = np.zeros((height, width, 3)), 0.85 ** np.arange(8)
    for octave, weight in enumerate(weights):
        grid = random.integers(0, 256, (3 << octave, 4 << octave, 3), np.uint8)
        total += weight * np.asarray(PIL.Image.fromarray(grid).resize((width, height), PIL.Image.BICUBIC))
    shades = (total / weights.sum() - 128) * 2.5 + random.uniform(60, 196, 3)
    file = io.BytesIO()
    PIL.Image.fromarray(np.clip(shades, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=90)
    return file.getvalue()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process, where it listens and how it is asked."""

    def __init__(self, name, child, port, request, body):
        self.name, self.child, self.port = name, child, port
        self.requests = [request(photo) for photo in body]

    def processes(self):
        """The server's own and all below it."""
        parents = {}
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit():
                    fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                    parents[int(entry.name)] = int(fields[1])
            except OSError:
                pass
        found = {self.child.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return found

    def processor_seconds(self):
        ticks = 0
        for pid in self.processes():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def megabytes(self):
        """Of its own: what several processes share counts once."""
        total = 0
        for pid in self.processes():
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1))
        return total * 1024 / 1e6

    def end(self):
        # LitServe leaves workers behind.
        all_of_it = self.processes()
        if self.child.stdin:
            self.child.stdin.close()
        else:
            self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            pass
        for pid in all_of_it:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def plain(photo):
    return (f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
            f"Content-Length: {len(photo)}\r\n\r\n").encode() + photo


def protocol(photo):
    size = len(photo) + 4
    head = json.dumps({
        "inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": size}}],
        "outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}]}).encode()
    return (f"POST /v2/models/{MODEL}/infer HTTP/1.1\r\nHost: localhost\r\nInference-Header-Content-Length: {len(head)}\r\n"
            f"Content-Length: {len(head) + size}\r\n\r\n").encode() + head + len(photo).to_bytes(4, "little") + photo


class Connection:
    """Asks again as soon as it is answered."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def ask(self, request):
        self.start = time.perf_counter()
        self.socket.sendall(request)

    def take(self):
        """The body of the answer when it is whole; None before."""
        more = self.socket.recv(1 << 16)
        if not more:
            raise SystemExit("a server closed the connection")
        self.received += more
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self.received[:end].decode("latin1")
        length = int(re.search(r"^content-length: *(\d+)", head, re.I | re.M).group(1))
        if len(self.received) < end + 4 + length:
            return None
        if not head.startswith("HTTP/1.1 200"):
            raise SystemExit(f"{head.splitlines()[0]}: {self.received[end + 4:][:300]!r}")
        body = self.received[end + 4:end + 4 + length]
        self.received = b""
        return body


def load(server, connections, seconds):
    """Seconds that requests took, pictures a second, and the server's processor seconds a picture."""
    selector = selectors.DefaultSelector()
    number = 0
    for _ in range(connections):
        connection = Connection(server.port)
        connection.ask(server.requests[number % PHOTOS])
        number += 1
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    times = []
    used, start = server.processor_seconds(), time.perf_counter()
    end = start + seconds
    waiting = connections
    while waiting:
        for key, _ in selector.select():
            connection = key.data
            if connection.take() is None:
                continue
            now = time.perf_counter()
            times.append(now - connection.start)
            if now < end:
                connection.ask(server.requests[number % PHOTOS])
                number += 1
            else:
                waiting -= 1
                selector.unregister(connection.socket)
                connection.socket.close()
    took = time.perf_counter() - start
    return times, len(times) / took, (server.processor_seconds() - used) / len(times)


def once(server, index):
    """A photo's probabilities."""
    connection = Connection(server.port)
    connection.ask(server.requests[index])
    while (body := connection.take()) is None:
        pass
    connection.socket.close()
    if len(body) < 4000:
        raise SystemExit(f"{server.name} answers {body[:300]!r}")
    # In front of the tensor, the protocol has a document.
    return np.frombuffer(body[-4000:], np.float32)


def command(*arguments):
    done = subprocess.run([GRAFT, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"graft {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout


def ready(port, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing listens at {port}")


def start(servers, folder, photos):
    """Every server, listening; into a list, so that what has begun can be ended."""
    command("export", MODEL, f"{folder}/model.onnx")
    pathlib.Path(folder, "0.jpg").write_bytes(photos[0])
    found = json.loads(command("predict", MODEL, f"{folder}/0.jpg", "--top", "1000", "--json"))["predictions"][0]["top"]
    pathlib.Path(folder, "labels.txt").write_text("".join(
        guess["class"] + "\n" for guess in sorted(found, key=lambda guess: guess["index"])))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": open(f"{folder}/log", "w")}

    port = free_port()
    child = subprocess.Popen([GRAFT, "serve", MODEL, "--port", str(port), "--quiet"], **quiet)
    servers.append(Server("Graft", child, port, protocol, photos))

    child = subprocess.Popen(
        [TRITON, HERE / "../Triton/triton.py", MODEL, f"{folder}/model.onnx", f"{folder}/labels.txt", "--instances",
         str(WORKERS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=quiet["stderr"], text=True)
    servers.append(Server("Triton", child, int(child.stdout.readline().split()[0].split(":")[1]), protocol, photos))

    environment = {**os.environ, "MODEL": f"{folder}/model.onnx", "PYTHONPATH": str(HERE / "../ServingPeers"),
                   "OMP_NUM_THREADS": "1"}
    for name in ("mosec", "litserve", "fastapi"):
        port = free_port()
        child = subprocess.Popen(
            [sys.executable, HERE / f"../ServingPeers/{name}_app.py", str(port), str(WORKERS)], env=environment, **quiet)
        servers.append(Server({"litserve": "LitServe", "fastapi": "FastAPI"}.get(name, name), child, port, plain, photos))
    for server in servers:
        ready(server.port)


def check(servers):
    """All must say the same of every photo."""
    for index in range(PHOTOS):
        ours = once(servers[0], index)
        for server in servers[1:]:
            theirs = once(server, index)
            if ours.shape != theirs.shape or np.abs(ours - theirs).max() > 1e-4:
                raise SystemExit(f"photo {index}: Graft and {server.name} differ by {np.abs(ours - theirs).max()}")


def start_times(count=7):
    """Seconds from the start of `graft serve` to its first ready answer."""
    times = []
    for _ in range(count):
        port = free_port()
        start = time.perf_counter()
        child = subprocess.Popen([GRAFT, "serve", MODEL, "--port", str(port), "--quiet"], stderr=subprocess.DEVNULL)
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as probe:
                    probe.sendall(b"GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    if probe.recv(4096).startswith(b"HTTP/1.1 200"):
                        break
            except OSError:
                time.sleep(0.001)
        times.append(time.perf_counter() - start)
        child.send_signal(signal.SIGTERM)
        child.wait()
    return times


def health_times(server, seconds):
    """Seconds that `health/live` takes while 64 connections ask for pictures."""
    working = threading.Thread(target=load, args=(server, 64, seconds))
    working.start()
    times = []
    with socket.create_connection(("127.0.0.1", server.port)) as probe:
        while working.is_alive():
            start = time.perf_counter()
            probe.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            probe.recv(4096)
            times.append(time.perf_counter() - start)
            time.sleep(0.01)
    return times


def own_rate(folder):
    """Pictures a second of `graft predict --csv` on a folder, its start included."""
    start = time.perf_counter()
    rows = list(csv.DictReader(io.StringIO(command("predict", MODEL, folder, "--csv", "--top", "1"))))
    return len(rows) / (time.perf_counter() - start)


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--output")
    arguments = parser.parse_args()
    photos = [draw(index) for index in range(PHOTOS)]
    results, ratios, own = {}, {}, []
    with tempfile.TemporaryDirectory(prefix="graft-serving-") as folder:
        os.mkdir(f"{folder}/photos")
        for index in range(500):
            pathlib.Path(folder, "photos", f"{index:03}.jpg").write_bytes(photos[index % PHOTOS])
        servers = []
        try:
            start(servers, folder, photos)
            check(servers)
            for server in servers:
                load(server, WORKERS, 1)
            memory = {server.name: 0.0 for server in servers}
            for _ in range(arguments.rounds):
                for count in CONNECTIONS:
                    rates = {}
                    for server in servers:
                        times, rate, seconds = load(server, count, arguments.seconds)
                        rates[server.name] = rate
                        results.setdefault((count, server.name), []).append((times, rate, seconds))
                        memory[server.name] = max(memory[server.name], server.megabytes())
                    best = max(rate for name, rate in rates.items() if name != "Graft")
                    ratios.setdefault(count, []).append(rates["Graft"] / best)
                    if count == 16:
                        own.append((rates["Graft"], own_rate(f"{folder}/photos")))
            health = health_times(servers[0], arguments.seconds)
        finally:
            for server in servers:
                server.end()
    starts = start_times()
    lines = [
        f"Machine: {os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}; {arguments.rounds} rounds of {arguments.seconds:g} s; "
        f"{MODEL}, photos of 512x384.", "",
        "| connections | server | pictures/s | p50, ms | p99, ms | processor ms a picture | memory, MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for count in CONNECTIONS:
        for server in servers:
            rounds = results[count, server.name]
            times = [time for found, _, _ in rounds for time in found]
            lines.append(
                f"| {count} | {server.name} | {statistics.median(rate for _, rate, _ in rounds):.0f} "
                f"| {percentile(times, 0.5) * 1000:.1f} | {percentile(times, 0.99) * 1000:.1f} "
                f"| {statistics.median(seconds for _, _, seconds in rounds) * 1000:.1f} | {memory[server.name]:.0f} |")
    lines += ["", "| connections | Graft / the best other, pictures/s |", "|---|---|"]
    for count in CONNECTIONS:
        lines.append(f"| {count} | **{statistics.median(ratios[count]):.2f}** ({min(ratios[count]):.2f} to {max(ratios[count]):.2f}) |")
    shares = [served / alone for served, alone in own]
    lines += [
        "", f"`graft predict --csv` answers {statistics.median(alone for _, alone in own):.0f} of the same photos a second, its start "
        f"included: the server at 16 connections {statistics.median(shares):.2f} of that ({min(shares):.2f} to {max(shares):.2f}). "
        f"From its start to ready {statistics.median(starts) * 1000:.0f} ms ({min(starts) * 1000:.0f} to {max(starts) * 1000:.0f}). "
        f"`health/live` under 64 connections: {percentile(health, 0.5) * 1000:.1f} ms (median), "
        f"{percentile(health, 0.99) * 1000:.1f} ms (99 %), {max(health) * 1000:.1f} ms at most, of {len(health)}."]
    print("\n".join(lines))
    if arguments.output:
        write_section(arguments.output, "serving", lines)


def write_section(path, name, lines):
    """Between the marks of that name."""
    text = pathlib.Path(path).read_text()
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, rest = text.split(begin, 1)
    pathlib.Path(path).write_text(before + begin + "\n".join(lines) + "\n" + end + rest.split(end, 1)[1])


if __name__ == "__main__":
    main()
