"""LitServe: two workers behind its own server, bytes in and out in place of its usual JSON with base64."""

import sys
import typing

import fastapi
import litserve
from pictures import Answerer


class Predict(litserve.LitAPI):
    def setup(self, device):
        self.answerer = Answerer()

    def decode_request(self, request: typing.Annotated[bytes, fastapi.Body()]):
        return request

    def predict(self, content):
        return self.answerer.answer(content)

    def encode_response(self, output):
        return fastapi.Response(output, media_type="application/octet-stream")


if __name__ == "__main__":
    server = litserve.LitServer(Predict(), accelerator="cpu", workers_per_device=int(sys.argv[2]))
    server.run(host="127.0.0.1", port=int(sys.argv[1]), log_level="error", generate_client_file=False, access_log=False)
