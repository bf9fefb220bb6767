"""`graft serve` in operation: load, memory, signals, changed files, corrections that survive `kill -9`."""

import concurrent.futures
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time
import urllib.parse

from graft import PROGRAM, graft
from served import MODEL, picture, served, started

SAMPLE = pathlib.Path(__file__).parent / "../Fixtures/sample"
REQUESTS = int(os.environ.get("GRAFT_SOAK", 2000))


class Client:
    """A kept connection."""

    def __init__(self, address):
        self.connection = http.client.HTTPConnection(address, timeout=30)

    def ask(self, method, path, body=None, headers={}):
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def trained(folder, epochs=4):
    """A model of the sample's classes, and the folder that it was trained on."""
    data = pathlib.Path(folder, "train")
    shutil.copytree(SAMPLE / "train", data)
    configuration = pathlib.Path(folder, "food.yaml")
    configuration.write_text(json.dumps({"data": {"train": str(data)}, "train": {"epochs": epochs}}))
    return graft("train", configuration, "--output", f"{folder}/run", "--json")["model"], data


def test_load(folder):
    photos = [picture(n) for n in range(8)]
    with served("--quiet") as address:
        def work(number, count):
            client = Client(address)
            for index in range(count):
                status, _ = client.ask("POST", "/predict", photos[(number + index) % 8])
                assert status in (200, 503), status
            client.connection.close()

        def memory():
            text = Client(address).ask("GET", "/metrics")[1].decode()
            return float(next(line for line in text.splitlines() if line.startswith("process_resident")).split()[1])

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda n: work(n, REQUESTS // 20 // 16 + 1), range(16)))
            early = memory()
            load = [pool.submit(work, n, REQUESTS // 16) for n in range(15)]
            # Meanwhile health answers: its own time, without this busy machine's.
            waits = []
            client = Client(address)
            while not all(future.done() for future in load):
                start = time.monotonic()
                assert client.ask("GET", "/v2/health/live")[0] == 200
                waits.append(time.monotonic() - start)
                time.sleep(0.02)
            for future in load:
                future.result()
        waits.sort()
        # Most of the waiting is for a processor, which the load has.
        assert waits[len(waits) // 2] < 0.05, waits[len(waits) // 2]
        late = memory()
        assert late < early * 1.05 + (4 << 20), (early, late)
    return (f"live within {waits[len(waits) // 2] * 1000:.1f} ms (median), {waits[-1] * 1000:.0f} ms (worst of "
            f"{len(waits)}); {early / 1e6:.0f} MB early, {late / 1e6:.0f} MB after {REQUESTS} requests")


def test_signals(folder):
    child, address, _ = started("--threads", "1")
    try:
        clients = [Client(address) for _ in range(6)]
        photo = picture(1, (3000, 2000))
        for client in clients:
            client.connection.request("POST", "/predict", photo)
        time.sleep(0.1)
        child.send_signal(signal.SIGTERM)
        statuses = [client.connection.getresponse().status for client in clients]
        assert statuses == [200] * 6, statuses
        assert child.wait(timeout=10) == 0
    finally:
        child.kill()
    # A second signal does not wait.
    child, address, _ = started("--threads", "1")
    try:
        for _ in range(40):
            Client(address).connection.request("POST", "/predict", photo)
        time.sleep(0.2)
        child.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        start = time.monotonic()
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=5)
        assert time.monotonic() - start < 3
    finally:
        child.kill()


def test_changed_model(folder):
    first, _ = trained(folder)
    model = pathlib.Path(folder, "served.npz")
    shutil.copy(first, model)
    other = pathlib.Path(folder, "other.npz")
    graft("classes", first, other, "--rename", "pizza=pie")
    child, address, lines = started(models=[f"food={model}"])
    failures, stop = [], threading.Event()

    def ask():
        client = Client(address)
        while not stop.is_set():
            status, body = client.ask("POST", "/predict?top=3", picture(1))
            if status != 200:
                failures.append((status, body))

    def classes():
        return json.loads(Client(address).ask("GET", "/v2/models/food")[1])["parameters"]["classes"]

    def until(condition, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError(f"never; the log: {lines}")

    try:
        asking = threading.Thread(target=ask)
        asking.start()
        assert "pizza" in classes()
        os.replace(shutil.copy(other, f"{folder}/new.npz"), model)
        until(lambda: "pie" in classes())
        # Half a file: the old one stays, and the log says why.
        model.write_bytes(pathlib.Path(first).read_bytes()[:100_000])
        until(lambda: any("the old one is kept" in line for line in lines))
        assert "pie" in classes()
        os.replace(shutil.copy(first, f"{folder}/new.npz"), model)
        child.send_signal(signal.SIGHUP)
        until(lambda: "pizza" in classes())
        stop.set()
        asking.join()
        assert not failures, failures[:3]
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=12) == 0
    finally:
        stop.set()
        child.kill()


def test_corrections(folder):
    model, data = trained(folder)
    change = {"X-Graft": "1"}
    child, address, _ = started("--learn", data, models=[f"food={model}"])
    try:
        client = Client(address)
        state = json.loads(client.ask("GET", "/learn/state")[1])
        assert state["classes"] == ["pizza", "steak", "sushi"] and state["corrections"] == 0, state
        status, body = client.ask("POST", "/learn/correct?class=sushi", picture(5))
        assert status == 403, (status, body)
        for name in ("../x", "a/b", ".hidden", "", "a\\b", "x" * 65):
            query = urllib.parse.urlencode({"class": name})
            status, body = client.ask("POST", f"/learn/correct?{query}", picture(5), change)
            assert status == 400, (name, status, body)
        status, body = client.ask("POST", "/learn/correct?class=sushi", b"no picture", change)
        assert status == 400, (status, body)
        status, body = client.ask("POST", "/learn/correct?class=sushi&name=../../x", picture(5), change)
        assert status == 200, (status, body)
        state = json.loads(body)
        assert state["corrections"] == 1 and state["pending"]["seconds"] > 0
        kept = list((data / "sushi").glob("graft-*.jpg"))
        assert len(kept) == 1 and kept[0].read_bytes() == picture(5)
        # A new class.
        for number in range(6):
            status, body = client.ask("POST", "/learn/correct?class=noise", picture(10 + number), change)
            assert status == 200, (status, body)
        assert "noise" in json.loads(body)["classes"]
        client.ask("POST", "/learn/accept", b"", change)
        top = json.loads(client.ask("POST", "/predict?top=4", picture(12))[1])["predictions"][0]["top"]
        assert top[0]["class"] == "noise", top
        # A picture of the folder that is in the wrong place moves.
        moved = sorted((data / "pizza").glob("*.jpg"))[0]
        content = moved.read_bytes()
        status, body = client.ask("POST", "/learn/correct?class=steak", content, change)
        assert status == 200 and not moved.exists() and json.loads(body)["corrections"] == 8
        status, body = client.ask("POST", "/learn/undo", b"", change)
        assert status == 200 and moved.read_bytes() == content
        gallery = json.loads(client.ask("GET", "/learn/gallery")[1])["pictures"]
        assert [p["probability"] for p in gallery] == sorted(p["probability"] for p in gallery)
        assert client.ask("GET", f"/learn/picture?index={gallery[0]['index']}")[0] == 200
        assert client.ask("GET", "/learn/picture?index=99999")[0] == 404
        counts = json.loads(client.ask("GET", "/learn/matrix")[1])["counts"]
        assert sum(map(sum, counts)) == len(gallery)
        seconds = json.loads(body)["pending"]["seconds"]

        # The program is killed while corrections come in: what was answered is there.
        answered = []

        def correct():
            try:
                for number in range(100, 200):
                    if Client(address).ask("POST", "/learn/correct?class=steak", picture(number), change)[0] == 200:
                        answered.append(number)
            except OSError:
                pass

        correcting = threading.Thread(target=correct)
        correcting.start()
        while len(answered) < 5:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        correcting.join()
    finally:
        child.kill()
    contents = {path.read_bytes() for path in (data / "steak").glob("graft-*.jpg")}
    assert all(picture(number) in contents for number in answered)
    child, address, _ = started("--learn", data, models=[f"food={model}"])
    try:
        state = json.loads(Client(address).ask("GET", "/learn/state")[1])
        assert state["corrections"] >= 7 + len(answered) and state["counts"]["unreadable"] == 0, state
    finally:
        child.kill()
    return f"trained again in {seconds:.2f} s; {len(answered)} corrections before kill -9"


def test_slow_clients(folder):
    if not shutil.which("slowhttptest"):
        return "skipped: there is no slowhttptest (Debian's package)"
    with served("--quiet") as address:
        for mode in ("-H", "-B", "-X"):
            report = subprocess.run(
                ["slowhttptest", mode, "-c", "200", "-i", "2", "-r", "100", "-l", "25", "-p", "3", "-t", "POST" if mode == "-B" else "GET",
                 "-u", f"http://{address}/predict" if mode == "-B" else f"http://{address}/"],
                capture_output=True, text=True, timeout=120)
            # Its last word on the matter.
            assert "YES" in report.stdout.split("service available:")[-1][:40], report.stdout[-1500:]
            assert Client(address).ask("POST", "/predict", picture(1))[0] == 200
