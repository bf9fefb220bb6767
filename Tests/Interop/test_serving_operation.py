"""`graft serve` in operation: load, memory, signals, changed files, corrections that survive `kill -9`."""

import concurrent.futures
import http.client
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import threading
import time
import urllib.parse

import numpy as np

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


def trained(folder, epochs=4, **more):
    """A model of the sample's classes, and the folder that it was trained on."""
    data = pathlib.Path(folder, "train")
    shutil.copytree(SAMPLE / "train", data)
    configuration = pathlib.Path(folder, "food.yaml")
    configuration.write_text(json.dumps({"data": {"train": str(data)}, "train": {"epochs": epochs}, **more}))
    return graft("train", configuration, "--output", f"{folder}/run", "--json")["model"], data


def test_load(folder):
    # Small pictures, so that many are asked for: what a request leaves behind does not depend on their size.
    model, _ = trained(folder, preprocessing={"crop": 64})
    photos = [picture(n, (96, 64)) for n in range(8)]
    with served("--quiet", models=[f"food={model}"]) as address:
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
            list(pool.map(lambda n: work(n, min(1000, REQUESTS // 2) // 16 + 1), range(16)))
            early = memory()
            load = [pool.submit(work, n, REQUESTS // 16) for n in range(15)]
            # Meanwhile health answers.
            waits = []
            client = Client(address)
            while not waits or not all(future.done() for future in load):
                start = time.monotonic()
                assert client.ask("GET", "/v2/health/live")[0] == 200
                waits.append(time.monotonic() - start)
                time.sleep(0.02)
            for future in load:
                future.result()
        # How long it took says more of the machine than of the server: it is told, not judged.
        waits.sort()
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
        # Forty large pictures on one thread are more than the first signal's nine seconds.
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=5)
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

    def until(condition):
        wait_for(condition, lines)

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
        assert client.ask("GET", f"/learn/picture?id={gallery[0]['id']}")[0] == 200
        assert client.ask("GET", "/learn/picture?id=99999")[0] == 404
        counts = json.loads(client.ask("GET", "/learn/matrix")[1])["counts"]
        assert sum(map(sum, counts)) == len(gallery)
        seconds = json.loads(body)["pending"]["seconds"]
        # One of the folder, by what it is; several that are trained on once.
        wrong = gallery[0]
        target = next(index for index in range(3) if index != wrong["label"])
        name = ["pizza", "steak", "sushi"][target]
        status, body = client.ask("POST", f"/learn/correct?class={name}&id={wrong['id']}", b"", change)
        assert status == 200, (status, body)
        moved = next(p for p in json.loads(client.ask("GET", "/learn/gallery")[1])["pictures"] if p["id"] == wrong["id"])
        assert moved["label"] == target and not moved["held_out"], moved
        client.ask("POST", "/learn/undo", b"", change)
        for number in (50, 51):
            status, body = client.ask("POST", "/learn/correct?class=steak&train=later", picture(number), change)
            assert status == 200, (status, body)
        # What is not learnt yet is not in the gallery, and breaks nothing.
        shown = json.loads(client.ask("GET", "/learn/gallery")[1])["pictures"]
        assert len(shown) == len(gallery), (len(shown), len(gallery))
        client.ask("POST", "/learn/train", b"", change)
        assert len(json.loads(client.ask("GET", "/learn/gallery")[1])["pictures"]) == len(gallery) + 2

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
        assert state["corrections"] >= 9 + len(answered) and state["counts"]["unreadable"] == 0, state
    finally:
        child.kill()
    return f"trained again in {seconds:.2f} s; {len(answered)} corrections before kill -9"


def test_corrections_in_bf16(folder):
    """A page that serves in bf16 learns in bf16: its model computes so before and after, and knows what it was taught."""
    model, data = trained(folder)
    change = {"X-Graft": "1"}
    photos = sorted((data / "steak").glob("*.jpg"))[:8]
    answers = {}
    for precision in ("f32", "bf16"):
        taught = pathlib.Path(folder, f"taught-{precision}")
        shutil.copytree(data, taught)
        known = graft("predict", model, *photos, "--json", "--logits", "--precision", precision)["predictions"]
        child, address, _ = started("--learn", taught, "--precision", precision, models=[f"food={model}"])
        try:
            client = Client(address)

            def asked(content):
                return json.loads(client.ask("POST", "/predict?logits=true", content)[1])["predictions"][0]

            before = [asked(photo.read_bytes())["logits"] for photo in photos]
            assert before == [answer["logits"] for answer in known], precision
            for number in range(6):
                status, body = client.ask("POST", "/learn/correct?class=noise", picture(10 + number), change)
                assert status == 200, (status, body)
            client.ask("POST", "/learn/accept", b"", change)
            assert all(asked(picture(10 + number))["top"][0]["class"] == "noise" for number in range(6)), precision
            answers[precision] = np.array([asked(photo.read_bytes())["logits"] for photo in photos])
        finally:
            child.kill()
    # Two heads that were learnt from nearly the same features, of nearly the same features.
    apart = np.sqrt(np.mean((answers["bf16"] - answers["f32"]) ** 2)) / np.std(answers["f32"])
    assert answers["f32"].shape[1] == 4 and 0 < apart < 0.05, apart
    return f"logits are {apart:.1%} of their spread from those of float32"


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


def test_every_kind_of_picture(folder):
    """The bits of `graft predict`, however many ask at a time: turned, CMYK, 16 bits, with profiles, of every format."""
    images = (pathlib.Path(__file__).parent / "../Fixtures/images").resolve()
    paths = [path for kind in ("decoding", "orientation", "formats", "profiles") for path in sorted((images / kind).iterdir())
             if ".expected." not in path.name and ".stored." not in path.name and path.suffix != ".raw"]
    told = graft("predict", MODEL, *paths, "--json", "--logits", "--top", "3")
    expected = {answer["path"]: answer for answer in told["predictions"]}
    assert len(expected) > 150, len(expected)
    with served("--quiet") as address:
        clients = threading.local()

        def ask(path):
            if not hasattr(clients, "one"):
                clients.one = Client(address)
            return path, *clients.one.ask("POST", "/predict?logits=true&top=3", path.read_bytes())

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            for path, status, body in pool.map(ask, paths):
                if (known := expected.get(str(path))) is None:
                    assert status == 400, (path, status, body)
                    continue
                answer = json.loads(body)["predictions"][0]
                for key in ("logits", "top"):
                    assert answer[key] == known[key], (path, key)
    return f"{len(expected)} pictures to the bit, {len(paths) - len(expected)} that are none"


def test_as_is_colours(folder):
    """A model that takes colours as they are stored is served so."""
    data = pathlib.Path(folder, "train")
    shutil.copytree(SAMPLE / "train", data)
    configuration = pathlib.Path(folder, "food.yaml")
    configuration.write_text(json.dumps({
        "data": {"train": str(data)}, "train": {"epochs": 2}, "preprocessing": {"color": "as_is"}}))
    model = graft("train", configuration, "--output", f"{folder}/run", "--json")["model"]
    photo = (pathlib.Path(__file__).parent / "../Fixtures/images/profiles/p3.jpg").resolve()
    known = graft("predict", model, photo, "--json", "--logits")["predictions"][0]["logits"]
    with served(models=[f"food={model}"]) as address:
        found = json.loads(Client(address).ask("POST", "/predict?logits=true", photo.read_bytes())[1])
        assert found["predictions"][0]["logits"] == known


def test_maps(folder):
    """Where a model looks, of any class, as the picture is; and of a class that is not there."""
    import io

    import PIL.Image

    with served() as address:
        client = Client(address)
        status, body = client.ask("POST", f"/explain?model={MODEL}&index=7", picture(1, (800, 500)))
        assert status == 200, body
        shown = PIL.Image.open(io.BytesIO(body))
        assert shown.format == "JPEG" and shown.size == (640, 400), shown
        assert client.ask("POST", f"/explain?model={MODEL}&index=8", picture(1, (800, 500)))[1] != body
        assert client.ask("POST", "/explain", picture(1))[0] == 200
        for query, content in (("index=1000", picture(1)), ("index=-1", picture(1)), ("index=x", picture(1)), ("", b"none")):
            assert client.ask("POST", f"/explain?{query}", content)[0] == 400, query


def pair(folder, name):
    """A certificate of this machine's and its key."""
    certificate, key = f"{folder}/{name}.pem", f"{folder}/{name}-key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def test_tls(folder):
    if not shutil.which("openssl"):
        return "skipped: there is no openssl"
    certificate, key = pair(folder, "first")
    line = graft_fails("serve", MODEL, "--port", "0", "--certificate", f"{folder}/nowhere.pem")
    if "without TLS" in line:
        assert "--enable-all-traits" in line, line
        return "built without: it says so"
    assert "nowhere.pem" in line, line
    assert "no certificate" in graft_fails("serve", MODEL, "--port", "0", "--certificate", key)
    assert "no private key" in graft_fails("serve", MODEL, "--port", "0", "--certificate", certificate)
    other, other_key = pair(folder, "second")
    assert "not that of the certificate" in graft_fails(
        "serve", MODEL, "--port", "0", "--certificate", certificate, "--key", other_key)

    def connected(address, trusted, **options):
        context = ssl.create_default_context(cafile=trusted)
        for name, value in options.items():
            setattr(context, name, value)
        return http.client.HTTPSConnection(address.replace("127.0.0.1", "localhost"), timeout=30, context=context)

    child, address, lines = started("--certificate", certificate, "--key", key)
    try:
        connection = connected(address, certificate)
        for number in range(3):
            connection.request("POST", "/predict", picture(number, (1500, 1000)))
            answer = connection.getresponse()
            assert answer.status == 200 and json.load(answer)["predictions"]
        assert connection.sock.version() in ("TLSv1.2", "TLSv1.3")
        # An answer before the body: it gets there all the same.
        connection.request("POST", "/predict", b"x" * ((32 << 20) + 1))
        assert connection.getresponse().status == 413
        for trusted, options in ((other, {}), (certificate, {"maximum_version": ssl.TLSVersion.TLSv1_1})):
            try:
                connected(address, trusted, **options).request("GET", "/v2")
                raise AssertionError("a connection that should not be")
            except ssl.SSLError:
                pass
        # Unencrypted bytes are none of its business, and do not harm it.
        try:
            assert Client(address).ask("GET", "/v2")[0] == 400
        except OSError:
            pass
        except http.client.HTTPException:
            pass
        # A renewed certificate, and one that is no good.
        os.replace(other, certificate)
        child.send_signal(signal.SIGHUP)
        wait_for(lambda: any("the old certificate is kept" in line for line in lines), lines)
        os.replace(other_key, key)
        child.send_signal(signal.SIGHUP)
        wait_for(lambda: any("was read again" in line for line in lines), lines)
        connection = connected(address, certificate)
        connection.request("GET", "/v2/health/ready")
        assert connection.getresponse().status == 200
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=15) == 0
    finally:
        child.kill()


def graft_fails(*arguments):
    """The error line of a command that must not start."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, (arguments, done)
    return done.stderr


def wait_for(condition, lines, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"never; the log: {lines}"
        time.sleep(0.05)
