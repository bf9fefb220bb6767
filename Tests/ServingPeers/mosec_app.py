"""mosec: two worker processes behind its server in Rust."""

import sys

import mosec
from pictures import Answerer


class Predict(mosec.Worker):
    resp_mime_type = "application/octet-stream"

    def __init__(self):
        super().__init__()
        self.answerer = Answerer()

    def deserialize(self, data):
        return bytes(data)

    def serialize(self, data):
        return data

    def forward(self, data):
        return self.answerer.answer(data)


if __name__ == "__main__":
    # mosec reads its settings from the command line.
    port, workers = sys.argv[1], int(sys.argv[2])
    sys.argv[1:] = ["--address", "127.0.0.1", "--port", port, "--timeout", "30000", "--log-level", "error"]
    server = mosec.Server()
    server.append_worker(Predict, num=workers, route="/predict")
    server.run()
