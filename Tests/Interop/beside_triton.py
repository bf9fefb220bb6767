"""`graft serve` beside a real Triton: the same unmodified client asks both, and the answers are compared field by field.

Every difference that there is stands in a list below; one that is not in it fails, and so does one that is gone."""

import contextlib
import json
import os
import pathlib
import subprocess
import urllib.error
import urllib.request

import numpy as np
import tritonclient.http as http
import tritonclient.utils

from graft import difference, graft
from served import MODEL, picture, served
from test_serving import inputs

PYTHON = os.path.abspath(os.environ.get("TRITON_PYTHON", ".cache/Triton/bin/python"))
PROGRAM = pathlib.Path(__file__).parent / "../Triton/triton.py"


@contextlib.contextmanager
def triton(folder):
    """Yields the address of a Triton that serves the same model as `MODEL`, and as `batched`."""
    graft("export", MODEL, f"{folder}/model.onnx")
    pathlib.Path(folder, "photo.jpg").write_bytes(picture(0))
    found = graft("predict", MODEL, f"{folder}/photo.jpg", "--top", "1000", "--json")["predictions"][0]["top"]
    names = {guess["index"]: guess["class"] for guess in found}
    pathlib.Path(folder, "labels.txt").write_text("".join(f"{names[index]}\n" for index in range(1000)))
    child = subprocess.Popen(
        [PYTHON, PROGRAM, MODEL, f"{folder}/model.onnx", f"{folder}/labels.txt"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    try:
        yield child.stdout.readline().split()[0]
    finally:
        child.stdin.close()
        child.wait(timeout=30)


def told(call):
    """What a call comes to: its document, or its fault's status."""
    try:
        answer = call()
    except tritonclient.utils.InferenceServerException as error:
        assert error.message()
        return {"status": error.status()}
    if not isinstance(answer, http.InferResult):
        return answer
    document = json.loads(json.dumps(answer.get_response()))
    for output in document["outputs"]:
        # Binary outputs are not in the document.
        output["values"] = answer.as_numpy(output["name"])
        output.pop("data", None)
    return document


def differences(ours, theirs, path=""):
    """Where two documents differ: numbers by more than rounding, everything else at all."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if "name" in ours and "name" not in theirs:
            return {path}
        return {found for key in ours.keys() | theirs.keys() for found in (
            differences(ours[key], theirs[key], f"{path}.{key}") if key in ours and key in theirs else {f"{path}.{key}"})}
    if isinstance(ours, list) and isinstance(theirs, list):
        # Things with a name are compared by it, whatever their order.
        if all(isinstance(item, dict) and "name" in item for item in ours + theirs) and ours:
            return differences({item["name"]: item for item in ours}, {item["name"]: item for item in theirs}, path)
        if len(ours) != len(theirs):
            return {path}
        return {found for one, other in zip(ours, theirs) for found in differences(one, other, path)}
    if isinstance(ours, np.ndarray) and ours.dtype.kind == "f":
        same = ours.shape == theirs.shape and difference(ours, theirs) < 1e-4
    elif isinstance(ours, np.ndarray):
        # `value:index:label`, of which the value may be rounded otherwise.
        one, other = ([text.decode().split(":", 1) for text in texts.reshape(-1)] for texts in (ours, theirs))
        same = (ours.shape == theirs.shape and [text[1] for text in one] == [text[1] for text in other]
                and difference([float(text[0]) for text in one], [float(text[0]) for text in other]) < 1e-4)
    else:
        same = ours == theirs
    return set() if same else {path}


def asked(address, path, body=None, method=None):
    """Status and type of a raw request's answer, and whether it is an error as the protocol has it."""
    request = urllib.request.Request(f"http://{address}{path}", data=body, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return {"status": answer.status, "length": len(answer.read())}
    except urllib.error.HTTPError as error:
        return {"status": error.code, "members": sorted(json.loads(error.read()))}


def tensor(name, values, datatype):
    made = http.InferInput(name, values.shape, datatype)
    made.set_data_from_numpy(values)
    return [made]


def test_beside_triton(folder):
    if not os.path.exists(PYTHON):
        return "skipped: there is no .cache/Triton (make test-interop makes it)"
    photos = [picture(0), picture(1, (500, 224))]
    names = ("probabilities", "logits")
    values = np.random.default_rng(3).standard_normal((2, 224, 224, 3), dtype=np.float32)

    def outputs(binary, count=0):
        return [http.InferRequestedOutput(name, binary_data=binary, class_count=count) for name in names]

    def infer(*photos, model=MODEL, binary=True, **options):
        return lambda client: client.infer(model, inputs(http, *photos, binary=binary), **options)

    def raw(*arguments):
        return lambda client: asked(client.address, *arguments)

    def classified(model):
        def call(client):
            found = client.infer(model, tensor("input", values, "FP32"), outputs=outputs(True, 3))
            return {name: found.as_numpy(name) for name in names}
        return call

    # What is asked, and where the answers differ.
    cases = {
        "live": (lambda client: client.is_server_live(), set()),
        "ready": (lambda client: client.is_server_ready(), set()),
        "model ready": (lambda client: client.is_model_ready(MODEL), set()),
        "version ready": (lambda client: client.is_model_ready(MODEL, "1"), set()),
        "other ready": (lambda client: client.is_model_ready("other"), set()),
        "server": (lambda client: client.get_server_metadata(), {".name", ".version", ".extensions"}),
        "model": (lambda client: client.get_model_metadata(MODEL), {".platform", ".parameters"}),
        "version": (lambda client: client.get_model_metadata(MODEL, "1"), {".platform", ".parameters"}),
        "index": (lambda client: [m for m in client.get_model_repository_index() if m["name"] != "batched"], set()),
        "shared memory": (lambda client: client.get_system_shared_memory_status(), set()),
        "CUDA memory": (lambda client: client.get_cuda_shared_memory_status(), set()),
        "binary": (infer(*photos, outputs=outputs(True), request_id="one"), set()),
        "JSON": (infer(*photos, binary=False, outputs=outputs(False), request_id="one"),
                 # Triton has no base64: it takes the text for the picture.
                 {".status", ".id", ".model_name", ".model_version", ".outputs"}),
        "JSON out": (infer(*photos, outputs=outputs(False)), set()),
        "gzip": (infer(*photos, outputs=outputs(True), request_compression_algorithm="gzip",
                       response_compression_algorithm="gzip"), set()),
        "deflate": (infer(*photos, outputs=outputs(True), request_compression_algorithm="deflate",
                          response_compression_algorithm="deflate"), set()),
        "parameters": (infer(photos[0], outputs=outputs(True), priority=1, timeout=20_000_000,
                             parameters={"purpose": "test"}), set()),
        "prepared": (lambda client: client.infer(MODEL, tensor("input", values, "FP32"), outputs=outputs(True)), set()),
        "embedding": (lambda client: client.infer(
            MODEL, inputs(http, *photos), outputs=[http.InferRequestedOutput("embedding")]).as_numpy("embedding").shape, set()),
        # Without `outputs` Triton gives all that there are.
        "plain": (infer(*photos), {".outputs.logits", ".outputs.embedding"}),
        "unknown model": (infer(photos[0], model="other"), set()),
        "unknown version": (infer(photos[0], model_version="7"), set()),
        "unknown output": (infer(photos[0], outputs=[http.InferRequestedOutput("other")]), set()),
        "unknown input": (lambda client: client.infer(MODEL, tensor("other", values, "FP32")), set()),
        "wrong type": (lambda client: client.infer(MODEL, tensor("image", values[0, 0, 0], "FP32")), set()),
        "wrong shape": (lambda client: client.infer(MODEL, tensor("input", values.transpose(0, 3, 1, 2), "FP32")), set()),
        "no picture": (infer(b"no picture"), set()),
        # Never managed from outside: 403 in place of 503, 500 or an answer.
        "load": (lambda client: client.load_model(MODEL), {".status"}),
        "unload": (lambda client: client.unload_model(MODEL), {".status"}),
        "register": (lambda client: client.register_system_shared_memory("r", "/r", 16), {".status"}),
        "statistics of others": (lambda client: client.get_inference_statistics("other"), {".status"}),
        "GET live": (raw("/v2/health/live"), set()),
        "unknown path": (raw("/nothing"), set()),
        "wrong method": (raw("/v2", b"x"), set()),
        "no body": (raw(f"/v2/models/{MODEL}/infer", b""), set()),
        # A client's fault: 400 in place of 500.
        "bad JSON": (raw(f"/v2/models/{MODEL}/infer", b"{"), {".status"}),
        "too few data": (raw(f"/v2/models/{MODEL}/infer", json.dumps({"inputs": [
            {"name": "input", "datatype": "FP32", "shape": [1, 224, 224, 3], "data": [1, 2]}]}).encode()), {".status"}),
    }
    with triton(folder) as theirs, served() as ours:
        clients = []
        for address in (ours, theirs):
            client = http.InferenceServerClient(address)
            client.address = address
            clients.append(client)
        wrong = []
        for name, (call, expected) in cases.items():
            answers = [told(lambda: call(client)) for client in clients]
            if (found := differences(*answers)) != expected:
                wrong.append(f"{name}: {found}: {str(answers)[:1000]}")
        assert not wrong, "\n".join(wrong)
        # Row by row, where Triton counts rows.
        answers = [classified(model)(client) for client, model in zip(clients, (MODEL, "batched"))]
        assert not differences(*answers), answers
        assert answers[0]["logits"].shape == (2, 3)
        # What a client reads of configuration and statistics has the same names and kinds.
        configurations = [client.get_model_config(MODEL) for client in clients]
        for key in ("name", "max_batch_size"):
            assert configurations[0][key] == configurations[1][key]
        for key in ("input", "output"):
            for one, other in zip(configurations[0][key], configurations[1][key]):
                assert {field: other[field] for field in one} == one, (one, other)
        statistics = [client.get_inference_statistics(MODEL)["model_stats"][0] for client in clients]

        def kinds(value):
            if isinstance(value, dict):
                return {key: kinds(inner) for key, inner in value.items()}
            return [kinds(value[0])] if isinstance(value, list) and value else type(value)

        assert kinds(statistics[0]) == kinds(statistics[1]), statistics
    return f"{len(cases) + 3} calls, {sum(bool(expected) for _, expected in cases.values())} that differ as they should"
