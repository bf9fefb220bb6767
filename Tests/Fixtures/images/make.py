"""Pictures of every kind that Images reads, and what Pillow and torchvision make of them.

    python make.py          # Pillow 13.0.0, torch 2.13.0, torchvision 0.28.0, numpy 2.4.6

Pillow writes what it can; PNGs that it cannot write (2 bits, 16-bit colour, interlaced) are written by `png` below and
read by Pillow like the others. Expected pixels lie beside each file as NAME.expected.png (8-bit RGB), prepared pictures
as NAME.f32 (little-endian float32, [crop, crop, 3]).
"""

import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps
from torchvision import transforms

here = pathlib.Path(__file__).parent


def scene(width, height):
    """Gradients, hard edges, saturated colours; no noise, so that it packs well."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    u, v = x / max(width - 1, 1), y / max(height - 1, 1)
    picture = np.stack([255 * u, 255 * v, 255 * (1 - u) * (1 - v) + 40 * np.sin(12 * u)], axis=2)
    picture[(u - 0.35) ** 2 + (v - 0.4) ** 2 < 0.05] = [250, 20, 30]
    picture[(np.abs(u - 0.7) < 0.12) & (np.abs(v - 0.65) < 0.2)] = [255, 255, 255]
    picture[(np.abs(u - 0.7) < 0.05) & (np.abs(v - 0.65) < 0.1)] = [0, 0, 0]
    picture[np.abs((u + v) % 0.25 - 0.02) < 0.012] = [10, 200, 90]
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def folder(name):
    path = here / name
    path.mkdir(exist_ok=True)
    for old in path.iterdir():
        old.unlink()
    return path


def png_bytes(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "png", optimize=True)
    return out.getvalue()


def expect(path, pixels=None):
    """Writes what Pillow reads from `path`, or the given pixels."""
    if pixels is None:
        pixels = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
    path.with_name(path.name + ".expected.png").write_bytes(png_bytes(pixels))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(samples, bits, color, palette=None, transparency=None, interlaced=False, extra=b"", after=b""):
    """samples: [H, W, channels] integers. Filter 0 throughout."""

    def pack(rows):
        height, width, channels = rows.shape
        if height == 0 or width == 0:
            return b""
        if bits == 16:
            packed = rows.astype(">u2").reshape(height, -1).view(np.uint8)
        elif bits == 8:
            packed = rows.astype(np.uint8).reshape(height, -1)
        else:
            ones = (rows.reshape(height, -1)[..., None] >> np.arange(bits - 1, -1, -1)) & 1
            packed = np.packbits(ones.reshape(height, -1).astype(np.uint8), axis=1)
        return b"".join(b"\0" + row.tobytes() for row in packed)

    height, width = samples.shape[:2]
    if interlaced:
        starts = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
        data = b"".join(pack(samples[y::dy, x::dx]) for y, x, dy, dx in starts)
    else:
        data = pack(samples)
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 1 if interlaced else 0)
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
    if palette is not None:
        out += chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    if transparency is not None:
        out += chunk(b"tRNS", transparency)
    return out + chunk(b"IDAT", zlib.compress(data, 9)) + after + chunk(b"IEND", b"")


def decoding():
    out = folder("decoding")
    picture = Image.fromarray(scene(61, 47))

    def jpeg(name, image=picture, **options):
        image.save(out / name, "jpeg", **({"quality": 90} | options))
        expect(out / name)

    jpeg("420.jpg", subsampling="4:2:0")
    jpeg("422.jpg", subsampling="4:2:2")
    jpeg("444.jpg", subsampling="4:4:4")
    jpeg("gray.jpg", picture.convert("L"))
    jpeg("rgb.jpg", keep_rgb=True)
    jpeg("progressive.jpg", progressive=True)
    jpeg("restart.jpg", restart_marker_blocks=3)
    jpeg("1x1.jpg", Image.fromarray(scene(1, 1)))
    jpeg("500x3.jpg", Image.fromarray(scene(500, 3)))
    jpeg("3x500.jpg", Image.fromarray(scene(3, 500)))
    jpeg("cmyk.jpg", picture.convert("CMYK"))
    # The same numbers, declared to be YCCK by the last byte of Adobe's segment.
    cmyk = bytearray((out / "cmyk.jpg").read_bytes())
    cmyk[cmyk.index(b"Adobe") + 11] = 2
    (out / "ycck.jpg").write_bytes(cmyk)
    expect(out / "ycck.jpg")
    # 4:4:0, which Pillow cannot write: the blocks of 4:2:2 in another order. 61x47 has 24 groups of blocks either way.
    halves = bytearray((out / "422.jpg").read_bytes())
    sampling = halves.index(b"\xff\xc0") + 11
    assert halves[sampling] == 0x21
    halves[sampling] = 0x12
    (out / "440.jpg").write_bytes(halves)
    expect(out / "440.jpg")
    # No end marker, but more than enough data for every row.
    whole = (out / "444.jpg").read_bytes()
    (out / "no-end-marker.jpg").write_bytes(whole[:-2] + bytes(64))
    # Junk between segments, with which libjpeg warns and goes on.
    (out / "junk.jpg").write_bytes(whole[:20] + b"\x00\x11\x22" + whole[20:])
    for name in ["no-end-marker.jpg", "junk.jpg"]:
        expect(out / name)
    # A picture by a wrong name.
    (out / "png.jpg").write_bytes(png_bytes(scene(9, 7)))
    expect(out / "png.jpg")

    small = scene(19, 13).astype(np.uint16)
    gray = small[..., :1]
    alpha = (np.arange(19 * 13).reshape(13, 19, 1) * 7 % 256).astype(np.uint16)
    wide = small.astype(np.uint32) * 256 + 37

    def write(name, data, pixels=None):
        (out / name).write_bytes(data)
        expect(out / name, pixels)

    for bits in (1, 2, 4, 8):
        write(f"gray{bits}.png", png(gray >> (8 - bits), bits, 0))
        colors = 2**bits
        palette = scene(colors, 3)[1]
        index = np.arange(19 * 13).reshape(13, 19, 1) % colors
        write(f"palette{bits}.png", png(index, bits, 3, palette))
    write("palette-transparent.png", png(index, 8, 3, palette, bytes(range(256))))
    write("gray-transparent.png", png(gray, 8, 0, transparency=struct.pack(">H", int(gray[5, 5, 0]))))
    write("rgb-transparent.png", png(small, 8, 2, transparency=struct.pack(">3H", *map(int, small[5, 5]))))
    write("gray-alpha8.png", png(np.concatenate([gray, alpha], 2), 8, 4))
    write("gray-alpha16.png", png(np.concatenate([wide[..., :1], alpha * 256 + 3], 2), 16, 4))
    write("rgb8.png", png(small, 8, 2))
    write("rgb16.png", png(wide, 16, 2))
    write("rgba8.png", png(np.concatenate([small, alpha], 2), 8, 6))
    write("rgba16.png", png(np.concatenate([wide, alpha * 256 + 3], 2), 16, 6))
    # Pillow's convert("RGB") would cut everything above 255 down to white.
    write("gray16.png", png(wide[..., :1], 16, 0), np.repeat(gray, 3, axis=2).astype(np.uint8))
    write("interlaced-rgb8.png", png(small, 8, 2, interlaced=True))
    write("interlaced-gray1.png", png(gray >> 7, 1, 0, interlaced=True))
    write("interlaced-1x1.png", png(small[:1, :1], 8, 2, interlaced=True))
    # Text and profile that would inflate to 16 MB each, if they were read. Pillow reads and refuses them.
    bomb = zlib.compress(bytes(1 << 24), 9)
    bombs = chunk(b"iCCP", b"x\0\0" + bomb) + chunk(b"zTXt", b"x\0\0" + bomb)
    write("bombs.png", png(small, 8, 2, extra=bombs), small.astype(np.uint8))
    (out / "rgb8.raw").write_bytes(small.astype(np.uint8).tobytes())

    def webp(name, image, **options):
        image.save(out / name, "webp", **options)
        expect(out / name)

    rgba = Image.fromarray(np.concatenate([small, alpha], 2).astype(np.uint8))
    webp("lossy.webp", picture, quality=80)
    webp("lossless.webp", picture, lossless=True)
    webp("lossy-alpha.webp", rgba, quality=80)
    webp("lossless-alpha.webp", rgba, lossless=True, exact=True)
    second = Image.fromarray(np.asarray(picture)[::-1].copy())
    webp("animation.webp", picture, lossless=True, save_all=True, append_images=[second], duration=100)
    # A frame of 20x10 at (4, 6) on the canvas of 61x47.
    frame = io.BytesIO()
    Image.fromarray(scene(20, 10)).save(frame, "webp", lossless=True)

    def small_integer(value):
        return struct.pack("<I", value)[:3]

    def riff(kind, data):
        return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)

    fields = b"".join(map(small_integer, [2, 3, 19, 9, 100]))
    body = riff(b"VP8X", b"\x02\0\0\0" + small_integer(60) + small_integer(46))
    body += riff(b"ANIM", bytes(6)) + riff(b"ANMF", fields + b"\0" + frame.getvalue()[12:])
    (out / "animation-part.webp").write_bytes(b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body)
    expect(out / "animation-part.webp")


def tiff(orientation, big, kind=3):
    """A TIFF structure with one unrelated tag, then the orientation."""
    order = ">" if big else "<"
    value = struct.pack(order + ("HH" if kind == 3 else "I"), *([orientation, 0] if kind == 3 else [orientation]))
    entries = struct.pack(order + "HHII", 0x0100, 4, 1, 7) + struct.pack(order + "HHI", 0x0112, kind, 1) + value
    return (b"MM\0*" if big else b"II*\0") + struct.pack(order + "IH", 8, 2) + entries + bytes(4)


def xmp(text):
    return b"<x:xmpmeta><rdf:Description " + text + b"</x:xmpmeta>"


def orientation():
    out = folder("orientation")
    picture = Image.fromarray(scene(40, 33))

    def write(name, data):
        (out / name).write_bytes(data)
        expect(out / name)

    for number in range(1, 9):
        encoded = io.BytesIO()
        picture.save(encoded, "jpeg", quality=90, subsampling="4:4:4", exif=b"Exif\0\0" + tiff(number, number % 2 == 0))
        write(f"{number}.jpg", encoded.getvalue())
    plain = io.BytesIO()
    picture.save(plain, "jpeg", quality=90, subsampling="4:4:4")
    plain = plain.getvalue()

    def app1(data):
        return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data

    adobe = b"http://ns.adobe.com/xap/1.0/\0"
    write("xmp-attribute.jpg", plain[:2] + app1(adobe + xmp(b'tiff:Orientation="6"/>')) + plain[2:])
    write("xmp-element.jpg", plain[:2] + app1(adobe + xmp(b"><tiff:Orientation>8</tiff:Orientation>")) + plain[2:])
    write("nonsense.jpg", plain[:2] + app1(b"Exif\0\0" + tiff(9, True)) + plain[2:])
    write("long.jpg", plain[:2] + app1(b"Exif\0\0" + tiff(6, True, kind=4)) + plain[2:])
    half = tiff(6, False)
    write("two-segments.jpg", plain[:2] + app1(b"Exif\0\0" + half[:20]) + app1(b"Exif\0\0" + half[20:]) + plain[2:])
    samples = np.asarray(picture).astype(np.uint16)
    write("before.png", png(samples, 8, 2, extra=chunk(b"eXIf", tiff(6, True))))
    write("after.png", png(samples, 8, 2, after=chunk(b"eXIf", tiff(5, False))))
    text = b"XML:com.adobe.xmp" + bytes(5) + xmp(b'tiff:Orientation="3"/>')
    write("xmp.png", png(samples, 8, 2, extra=chunk(b"iTXt", text)))
    encoded = io.BytesIO()
    picture.save(encoded, "webp", lossless=True, exif=b"Exif\0\0" + tiff(7, True))
    write("exif.webp", encoded.getvalue())


def resizing():
    out = folder("resizing")
    filters = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
    for width, height, sizes in [
        (257, 301, [(100, 80), (64, 301), (257, 40), (300, 33), (1, 1), (37, 41)]),
        (500, 3, [(75, 2), (20, 9)]),
        (3, 500, [(1, 60), (8, 31)]),
        (90, 301, [(40, 133), (86, 290)]),
        (1, 1, [(5, 4)]),
    ]:
        source = Image.fromarray(scene(width, height))
        (out / f"{width}x{height}.png").write_bytes(png_bytes(np.asarray(source)))
        for name, resample in filters.items():
            for size in sizes:
                resized = np.asarray(source.resize(size, resample))
                (out / f"{width}x{height}-{name}-{size[0]}x{size[1]}.png").write_bytes(png_bytes(resized))


def preprocessing():
    out = folder("preprocessing")
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    # Every value of every channel, at its own size: no resampling.
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    (out / "values.png").write_bytes(png_bytes(np.stack([values, values[::-1], values.T], axis=2)))
    filters = {"bilinear": transforms.InterpolationMode.BILINEAR, "bicubic": transforms.InterpolationMode.BICUBIC}
    for source, resize, crop, name in [
        (out / "values.png", 16, 16, "bicubic"),
        (here / "resizing/257x301.png", 41, 32, "bicubic"),
        (here / "resizing/257x301.png", 38, 31, "bilinear"),
        (here / "resizing/257x301.png", 320, 24, "bicubic"),
        (here / "resizing/90x301.png", 41, 32, "bicubic"),
        (here / "resizing/500x3.png", 40, 33, "bicubic"),
        (here / "resizing/3x500.png", 40, 33, "bilinear"),
        (here / "resizing/1x1.png", 17, 12, "bicubic"),
    ]:
        prepare = transforms.Compose([
            transforms.Resize(resize, filters[name]), transforms.CenterCrop(crop), transforms.ToTensor(),
            transforms.Normalize(mean, std),
        ])
        tensor = prepare(Image.open(source).convert("RGB")).numpy().transpose(1, 2, 0)
        (out / f"{source.stem}-{name}-{resize}-{crop}.f32").write_bytes(tensor.astype("<f4").tobytes())


decoding()
orientation()
resizing()
preprocessing()
