"""Makes the .npz fixtures beside it with NumPy: python make.py

Every array holds (i - 5) / 4 at row-major index i, as far as its type can.
"""

import io
import pathlib
import zipfile

import numpy as np

HERE = pathlib.Path(__file__).parent


def ramp(*shape, dtype="<f4"):
    count = int(np.prod(shape, dtype=int))
    return ((np.arange(count) - 5) / 4).reshape(shape).astype(dtype)


class Unseekable(io.RawIOBase):
    """Like a pipe: zipfile then writes sizes and CRC after the bytes."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.data += data
        return len(data)


def main():
    np.savez(
        HERE / "plain.npz",
        **{
            "features.0.weight": ramp(2, 3, 4),
            "scalar": np.float32(0.5),
            "empty": ramp(0, 3),
            "float16": ramp(7, dtype="<f2"),
            "float64": ramp(7, dtype="<f8"),
            "int64": np.arange(-3, 4, dtype="<i8"),
            "int32": np.arange(-3, 4, dtype="<i4"),
            "uint8": np.arange(250, 256, dtype="u1"),
            "bool": np.array([True, False, True]),
            "fortran2": np.asfortranarray(ramp(3, 4)),
            "fortran3": np.asfortranarray(ramp(2, 3, 4, dtype="<f8")),
        },
    )
    np.savez_compressed(HERE / "compressed.npz", weight=ramp(2, 3), bias=ramp(3))
    stream = Unseekable()
    np.savez_compressed(stream, weight=ramp(2, 3), bias=ramp(3))
    (HERE / "streamed.npz").write_bytes(stream.data)
    # Every seventh half there is, beside NumPy's own conversion.
    halves = np.arange(0, 65536, 7, dtype="<u2").view("<f2")
    halves = halves[np.isfinite(halves)]
    np.savez_compressed(HERE / "halves.npz", half=halves, single=halves.astype("<f4"))
    with zipfile.ZipFile(HERE / "version2.npz", "w") as archive, archive.open("weight.npy", "w") as member:
        np.lib.format.write_array(member, ramp(2, 3), version=(2, 0))

    refused = {
        "big_endian": ramp(3, dtype=">f4"),
        "object": np.array([{"a": 1}], dtype=object),
        "record": np.zeros(2, dtype=[("x", "<f4"), ("y", "<i4")]),
        "text": np.array(["pizza", "steak"]),
        "nan": np.array([0, np.nan, 1], dtype="<f4"),
        "inf": np.array([0, 1, -np.inf], dtype="<f2"),
        "large_int": np.array([2**24, 2**24 + 1], dtype="<i8"),
        "large_double": np.array([0, 1e39]),
    }
    for name, array in refused.items():
        np.savez_compressed(HERE / f"refused_{name}.npz", weight=array)


if __name__ == "__main__":
    main()
