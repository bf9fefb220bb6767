"""`graft serve` as an unmodified `tritonclient` sees it, synchronous and asynchronous."""

import asyncio
import base64
import json
import pathlib
import urllib.error
import urllib.request

import numpy as np
import tritonclient.http
import tritonclient.http.aio
import tritonclient.utils

from graft import graft
from served import MODEL, picture, served


def inputs(client, *pictures, binary=True):
    """The input `image`: pictures as they are, or base64 in JSON."""
    data = [p if binary else base64.b64encode(p) for p in pictures]
    tensor = client.InferInput("image", [len(data)], "BYTES")
    tensor.set_data_from_numpy(np.array(data, dtype=np.object_), binary_data=binary)
    return [tensor]


def refused(status, call, *arguments, **options):
    """The error line of a call that is to fail with that status."""
    try:
        call(*arguments, **options)
    except tritonclient.utils.InferenceServerException as error:
        assert error.status() == str(status), f"{error.status()}: {error.message()}"
        assert error.message() and "/" not in error.message(), error.message()
        return error.message()
    raise AssertionError(f"expected {status}")


def predicted(folder, *pictures):
    """The logits and the probabilities of `graft predict` for the same bytes."""
    paths = []
    for index, content in enumerate(pictures):
        path = pathlib.Path(folder, f"{index}.jpg")
        path.write_bytes(content)
        paths.append(path)
    answers = graft("predict", MODEL, *paths, "--json", "--logits", "--top", "1000")["predictions"]
    logits = np.array([answer["logits"] for answer in answers], dtype=np.float32)
    rows = []
    for answer in answers:
        row = np.zeros(1000)
        for guess in answer["top"]:
            row[guess["index"]] = guess["probability"]
        rows.append(row)
    return logits, np.array(rows).astype(np.float32)


def test_protocol(folder):
    http = tritonclient.http
    photos = [picture(0), picture(1, (224, 500))]
    logits, probabilities = predicted(folder, *photos)
    with served() as address, http.InferenceServerClient(address, concurrency=4) as client:
        assert client.is_server_live() and client.is_server_ready()
        assert client.is_model_ready(MODEL) and client.is_model_ready(MODEL, "1")
        assert not client.is_model_ready("other") and not client.is_model_ready(MODEL, "2")
        server = client.get_server_metadata()
        assert server["name"] == "graft" and "binary_tensor_data" in server["extensions"]

        metadata = client.get_model_metadata(MODEL)
        assert metadata["versions"] == ["1"]
        assert {i["name"]: (i["datatype"], i["shape"]) for i in metadata["inputs"]} == {
            "image": ("BYTES", [-1]), "input": ("FP32", [-1, 224, 224, 3])}
        assert {o["name"]: o["shape"] for o in metadata["outputs"]} == {
            "probabilities": [-1, 1000], "logits": [-1, 1000], "embedding": [-1, 1280]}
        assert len(metadata["parameters"]["classes"]) == 1000 and len(metadata["parameters"]["sha256"]) == 64
        assert client.get_model_metadata(MODEL, "1") == metadata
        refused(404, client.get_model_metadata, "other")
        refused(404, client.get_model_metadata, MODEL, "7")
        config = client.get_model_config(MODEL)
        assert config["name"] == MODEL and config["max_batch_size"] == 0
        assert client.get_model_repository_index() == [
            {"name": MODEL, "version": "1", "state": "READY"}]

        # Binary in and out: to the bit what `graft predict` says.
        result = client.infer(MODEL, inputs(http, *photos), request_id="one")
        assert result.get_response()["id"] == "one" and result.get_response()["model_name"] == MODEL
        assert np.array_equal(result.as_numpy("probabilities"), probabilities)
        # Everything asked for, binary and as JSON, of both kinds of input.
        for binary in (True, False):
            outputs = [http.InferRequestedOutput(name, binary_data=binary)
                       for name in ("logits", "probabilities", "embedding")]
            for binary_in in (True, False):
                result = client.infer(MODEL, inputs(http, *photos, binary=binary_in), outputs=outputs)
                assert np.array_equal(result.as_numpy("logits"), logits)
                assert np.array_equal(result.as_numpy("probabilities"), probabilities)
                assert result.as_numpy("embedding").shape == (2, 1280)

        # Prepared tensors, binary and as nested JSON.
        values = np.random.default_rng(3).standard_normal((1, 224, 224, 3), dtype=np.float32)
        tensor = http.InferInput("input", values.shape, "FP32")
        tensor.set_data_from_numpy(values, binary_data=True)
        answer = client.infer(MODEL, [tensor]).as_numpy("probabilities")
        assert abs(answer.sum() - 1) < 1e-5
        tensor.set_data_from_numpy(values, binary_data=False)
        assert np.array_equal(client.infer(MODEL, [tensor]).as_numpy("probabilities"), answer)
        body = {"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, 224, 224, 3], "data": values.tolist()}]}
        nested = post(address, f"/v2/models/{MODEL}/infer", json.dumps(body).encode())
        assert np.array_equal(np.array(nested["outputs"][0]["data"], dtype=np.float32).reshape(1, -1), answer)

        # The classification extension: Triton's `value:index:label`.
        for binary in (True, False):
            output = http.InferRequestedOutput("probabilities", binary_data=binary, class_count=3)
            found = client.infer(MODEL, inputs(http, *photos), outputs=[output]).as_numpy("probabilities")
            assert found.shape == (2, 3)
            order = np.argsort(-probabilities[0], kind="stable")[:3]
            for text, index in zip(found[0], order):
                text = text.decode() if isinstance(text, bytes) else text
                value, place, label = text.split(":", 2)
                assert value == f"{probabilities[0][index]:f}" and int(place) == index
                assert label == metadata["parameters"]["classes"][index]

        # Compression, both ways and both kinds.
        for kind in ("gzip", "deflate"):
            for binary in (True, False):
                result = client.infer(
                    MODEL, inputs(http, *photos, binary=binary),
                    outputs=[http.InferRequestedOutput("logits", binary_data=binary)],
                    request_compression_algorithm=kind, response_compression_algorithm=kind)
                assert np.array_equal(result.as_numpy("logits"), logits)

        # Parameters, a version, a deadline that is kept and one that is not, many at a time.
        client.infer(MODEL, inputs(http, photos[0]), model_version="1", priority=1, timeout=20_000_000,
                     sequence_id=3, sequence_start=True, parameters={"purpose": "test"})
        refused(504, client.infer, MODEL, inputs(http, *photos * 8), timeout=1000)
        calls = [client.async_infer(MODEL, inputs(http, photos[n % 2]), request_id=str(n)) for n in range(12)]
        for number, call in enumerate(calls):
            result = call.get_result()
            assert result.get_response()["id"] == str(number)
            assert np.array_equal(result.as_numpy("probabilities")[0], probabilities[number % 2])

        # Faults.
        refused(400, client.infer, MODEL, inputs(http, b"no picture"))
        refused(400, client.infer, MODEL, inputs(http, photos[0]), outputs=[http.InferRequestedOutput("other")])
        refused(404, client.infer, "other", inputs(http, photos[0]))
        refused(403, client.load_model, MODEL)
        refused(403, client.unload_model, MODEL)
        refused(403, client.update_log_settings, {"log_info": True})
        refused(403, client.register_system_shared_memory, "r", "/r", 16)
        assert client.get_system_shared_memory_status() == []
        shared = http.InferInput("image", [1], "BYTES")
        shared.set_shared_memory("r", 16)
        refused(400, client.infer, MODEL, [shared])

        statistics = client.get_inference_statistics(MODEL)["model_stats"]
        assert len(statistics) == 1 and statistics[0]["name"] == MODEL
        assert statistics[0]["inference_stats"]["success"]["count"] >= 20
        assert client.get_inference_statistics()["model_stats"] == client.get_inference_statistics(MODEL)["model_stats"]
        count = statistics[0]["inference_count"]
    return f"{count} pictures, equal to graft predict"


def test_protocol_aio(folder):
    photos = [picture(0), picture(1)]
    _, probabilities = predicted(folder, *photos)

    async def check(address):
        http = tritonclient.http.aio
        async with http.InferenceServerClient(address) as client:
            assert await client.is_server_live() and await client.is_server_ready()
            assert await client.is_model_ready(MODEL)
            assert (await client.get_server_metadata())["name"] == "graft"
            assert (await client.get_model_metadata(MODEL))["name"] == MODEL
            assert (await client.get_model_config(MODEL))["name"] == MODEL
            assert (await client.get_model_repository_index())[0]["name"] == MODEL
            results = await asyncio.gather(*[
                client.infer(MODEL, inputs(http, photos[n % 2], binary=n % 3 > 0), request_id=str(n),
                             request_compression_algorithm=[None, "gzip", "deflate"][n % 3],
                             response_compression_algorithm=[None, "gzip", "deflate"][n % 3])
                for n in range(12)])
            for number, result in enumerate(results):
                assert result.get_response()["id"] == str(number)
                assert np.array_equal(result.as_numpy("probabilities")[0], probabilities[number % 2])
            try:
                await client.load_model(MODEL)
                raise AssertionError("expected to fail")
            except tritonclient.utils.InferenceServerException as error:
                assert error.status() == "403"
            assert (await client.get_inference_statistics(MODEL))["model_stats"][0]["inference_count"] == 12

    with served() as address:
        asyncio.run(check(address))


def post(address, path, body, headers={}):
    """The JSON answer, or of an error its status and text."""
    request = urllib.request.Request(f"http://{address}{path}", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        document = json.load(error)
        assert list(document) == ["error"], document
        return error.code, document["error"]


def test_predict(folder):
    photos = [picture(0), picture(1, kind="PNG")]
    _, probabilities = predicted(folder, *photos)
    with served() as address:
        alone = post(address, "/predict?top=3&name=a.jpg", photos[0])
        assert [guess["index"] for guess in alone["predictions"][0]["top"]] == list(
            np.argsort(-probabilities[0], kind="stable")[:3])
        assert np.float32(alone["predictions"][0]["top"][0]["probability"]) == probabilities[0].max()
        parts = b""
        for name, content in (("a.jpg", photos[0]), ("broken.jpg", photos[0][:500]), ("b.png", photos[1])):
            parts += (f'--line\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n').encode()
            parts += content + b"\r\n"
        form = post(address, "/predict", parts + b"--line--\r\n", {"Content-Type": "multipart/form-data; boundary=line"})
        assert [p["path"] for p in form["predictions"]] == ["a.jpg", "b.png"]
        assert [s["path"] for s in form["skipped"]] == ["broken.jpg"]
        for status, path, body in (
            (400, "/predict", b"no picture"), (400, "/predict", photos[0][:500]), (400, "/predict", b""),
            (400, "/predict?top=0", photos[0]), (404, "/predict?model=other", photos[0]), (404, "/other", b"x"),
            (405, "/metrics", b"x"), (400, f"/v2/models/{MODEL}/infer", b"{"), (400, f"/v2/models/{MODEL}/infer", b""),
            (413, "/predict", b"x" * ((32 << 20) + 1)),
        ):
            found = post(address, path, body)
            assert found[0] == status, (path, status, found)
