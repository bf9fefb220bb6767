"""What every Python peer does with a picture: Pillow prepares it, ONNX Runtime computes on one thread."""

import io
import json
import os

import numpy as np
import onnxruntime
import PIL.Image

METHODS = {"bilinear": PIL.Image.BILINEAR, "bicubic": PIL.Image.BICUBIC}


class Answerer:
    """A worker's session, warm."""

    def __init__(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        self.asked = json.loads(self.session.get_modelmeta().custom_metadata_map["preprocessing"])
        crop = self.asked["crop"]
        self.session.run(None, {self.input: np.zeros((1, 3, crop, crop), np.float32)})

    def answer(self, content):
        """The classes' probabilities, float32, as bytes."""
        picture = PIL.Image.open(io.BytesIO(content)).convert("RGB")
        short, long, resize, crop = min(picture.size), max(picture.size), self.asked["resize"], self.asked["crop"]
        sides = resize, int(resize * long / short)
        picture = picture.resize(
            sides if picture.width <= picture.height else sides[::-1], METHODS[self.asked["interpolation"]])
        left, top = (round((side - crop) / 2) for side in picture.size)
        values = np.asarray(picture.crop((left, top, left + crop, top + crop)), dtype=np.float32) / np.float32(255)
        values = (values - np.float32(self.asked["mean"])) / np.float32(self.asked["std"])
        logits = self.session.run(None, {self.input: values.transpose(2, 0, 1)[None]})[0][0].astype(np.float64)
        shares = np.exp(logits - logits.max())
        return (shares / shares.sum()).astype(np.float32).tobytes()
