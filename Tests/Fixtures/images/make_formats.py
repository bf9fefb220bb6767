"""Pictures of the formats beside JPEG, PNG and WebP, pictures in other colours than sRGB, and what Pillow makes of them.

    python make_formats.py  # Pillow 13.0.0, pillow-heif 1.8.1, pillow-jxl-plugin 1.3.8, tifffile 2026.6.1, imagecodecs
                            # 2026.6.6, numpy 2.4.6

`formats` holds files with the pixels that Pillow reads as NAME.expected.png (8-bit RGB, upright, no colour conversion);
`profiles` files with an ICC profile, with what Pillow's ImageCms converts them to as NAME.expected.png (perceptual intent,
to its own sRGB profile) and the unconverted pixels as NAME.stored.png. `formats/refused` are files that are refused.
"""

import io
import pathlib
import struct

import numpy as np
import pillow_heif
import pillow_jxl  # noqa: F401  (registers itself)
import tifffile
from PIL import Image, ImageCms, ImageOps

here = pathlib.Path(__file__).parent
pillow_heif.register_heif_opener()


def scene(width, height):
    """As make.py's: gradients, hard edges, saturated colours; no noise, so that it packs well."""
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
        if old.is_file():
            old.unlink()
    return path


def png_bytes(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "png", optimize=True)
    return out.getvalue()


out = None


def write(name, data, pixels=None):
    """Writes a file, and the given pixels or what Pillow reads from it."""
    path = out / name
    path.write_bytes(data)
    if pixels is None:
        pixels = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
    path.with_name(name + ".expected.png").write_bytes(png_bytes(pixels))


def saved(image, kind, **options):
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


small = scene(19, 13)
large = scene(61, 47)
alpha = (np.arange(19 * 13).reshape(13, 19, 1) * 7 % 256).astype(np.uint8)
indexed = Image.fromarray(large).quantize(61, dither=Image.Dither.NONE)


def gif():
    def lzw(indices, bits):
        """As giflib reads it: a clear code often enough that codes stay `bits + 1` bits long."""
        codes, clear = [], 1 << bits
        for i, index in enumerate(indices):
            if i % (clear - 2) == 0:
                codes.append(clear)
            codes.append(int(index))
        packed, value, filled = bytearray(), 0, 0
        for code in codes + [clear + 1]:
            value |= code << filled
            filled += bits + 1
            while filled >= 8:
                packed.append(value & 255)
                value, filled = value >> 8, filled - 8
        packed.append(value & 255)
        blocks = b"".join(bytes([len(packed[i : i + 255])]) + packed[i : i + 255] for i in range(0, len(packed), 255))
        return bytes([bits]) + blocks + b"\0"

    def file(screen, place, indices, bits=3, palette=None, local=None, transparent=None, interlaced=False, extra=b""):
        height, width = indices.shape
        data = b"GIF89a" + struct.pack("<HH", *screen)
        data += bytes([0x80 | bits - 1 if palette is not None else 0, 0, 0])
        data += palette.tobytes() if palette is not None else b""
        if transparent is not None:
            data += b"\x21\xf9\x04\x01\0\0" + bytes([transparent]) + b"\0"
        data += extra
        flags = (0x80 | bits - 1 if local is not None else 0) | (0x40 if interlaced else 0)
        data += b"\x2c" + struct.pack("<HHHHB", *place, width, height, flags)
        data += local.tobytes() if local is not None else b""
        if interlaced:
            indices = np.concatenate([indices[0::8], indices[4::8], indices[2::4], indices[1::2]])
        return data + lzw(indices.ravel(), max(bits, 2)) + b";"

    indices = (np.arange(19 * 13).reshape(13, 19) * 5 % 8).astype(np.uint8)
    palette = scene(8, 3)[1]
    write("palette.gif", saved(indexed, "gif"))
    write("transparent.gif", saved(indexed, "gif", transparency=5))
    second = Image.fromarray(large[::-1].copy()).quantize(61, dither=Image.Dither.NONE)
    write("animation.gif", saved(indexed, "gif", save_all=True, append_images=[second], duration=100))
    write("gray.gif", saved(Image.fromarray(large).convert("L"), "gif"))
    write("1x1.gif", saved(Image.fromarray(scene(1, 1)), "gif"))
    write("interlaced.gif", file((19, 13), (0, 0), indices, palette=palette, interlaced=True))
    write("part.gif", file((30, 20), (4, 5), indices, palette=palette))
    write("part-transparent.gif", file((30, 20), (4, 5), indices, palette=palette, transparent=3))
    write("larger-than-screen.gif", file((9, 20), (4, 0), indices, palette=palette))
    write("local-palette.gif", file((19, 13), (0, 0), indices, palette=palette, local=palette[::-1].copy()))
    write("no-palette.gif", file((19, 13), (0, 0), indices))
    comment = b"\x21\xfe\x05hello\0\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    write("comment.gif", file((19, 13), (0, 0), indices, palette=palette, extra=comment))
    # Values that the palette of two colours lacks.
    write("short-palette.gif", file((19, 13), (0, 0), indices, bits=3, palette=None, local=None)[:10]
          + b"\x80\0\0" + palette[:2].tobytes() + file((19, 13), (0, 0), indices)[13:])


def bmp():
    def file(rows, bits, header=40, method=0, palette=None, masks=b"", top_down=False, offset=None, data=None, rest=b""):
        """rows: [H, W] integers."""
        height, width = rows.shape[:2]
        if data is None:
            stride = (width * bits + 31) // 32 * 4
            if bits <= 8:
                ones = (rows[..., None] >> np.arange(bits - 1, -1, -1)) & 1
                packed = np.packbits(ones.reshape(height, -1).astype(np.uint8), axis=1)
            else:
                packed = rows.astype("<u4").view(np.uint8).reshape(height, width, 4)[..., : bits // 8].reshape(height, -1)
            padded = np.zeros((height, stride), np.uint8)
            padded[:, : packed.shape[1]] = packed
            data = (padded if top_down else padded[::-1]).tobytes()
        colors = b""
        if palette is not None:
            width_of_entry = 3 if header == 12 else 4
            entries = np.zeros((len(palette), width_of_entry), np.uint8)
            entries[:, :3] = palette[:, ::-1]
            colors = entries.tobytes()
        if header == 12:
            info = struct.pack("<IHHHH", 12, width, height, 1, bits)
        else:
            used = len(palette) if palette is not None else 0
            info = struct.pack("<IiiHHIIiiII", header, width, -height if top_down else height, 1, bits, method,
                               len(data), 2835, 2835, used, 0)
            if header > 40:
                info += masks
                info += bytes(header - len(info)) if not rest else rest
                masks = b""
        head = info + masks + colors
        place = 14 + len(head) if offset is None else offset
        return b"BM" + struct.pack("<IHHI", 14 + len(head) + len(data), 0, 0, place) + head + data

    def number(shape, channels):
        return sum(channel.astype(np.int64) << shift for channel, shift in zip(channels, shape))

    red, green, blue = (small[..., c].astype(np.int64) for c in range(3))
    index = (np.arange(19 * 13).reshape(13, 19) * 5).astype(np.int64)
    for bits in (1, 4, 8):
        palette = scene(2**bits, 3)[1]
        write(f"palette{bits}.bmp", file(index % 2**bits, bits, palette=palette))
    write("gray8.bmp", file(index % 256, 8, palette=np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)))
    write("short-palette.bmp", file(index % 8, 8, palette=scene(8, 3)[1]))
    write("old.bmp", file(index % 16, 4, header=12, palette=scene(16, 3)[1]))
    rgb = number([16, 8, 0], [red, green, blue])
    write("rgb24.bmp", file(rgb, 24))
    write("old24.bmp", file(rgb, 24, header=12))
    write("top-down.bmp", file(rgb, 24, top_down=True))
    write("rgb32.bmp", file(rgb | 0x7F000000, 32))
    write("rgb555.bmp", file(number([10, 5, 0], [red >> 3, green >> 3, blue >> 3]), 16))
    write("rgb565.bmp", file(number([11, 5, 0], [red >> 3, green >> 2, blue >> 3]), 16, method=3,
                             masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
    write("rgba-masks.bmp", file(number([16, 8, 0, 24], [red, green, blue, alpha[..., 0].astype(np.int64)]), 32,
                                 header=108, method=3, masks=struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)))
    write("abgr-masks.bmp", file(number([24, 16, 8], [red, green, blue]), 32, header=56, method=3,
                                 masks=struct.pack("<IIII", 0xFF000000, 0xFF0000, 0xFF00, 0xFF)))
    write("pillow.bmp", saved(Image.fromarray(large), "bmp"))

    def pairs(row, nibbles):
        """Runs of one value; a few values as they are."""
        packed, i = bytearray(), 0
        while i < len(row):
            run = 1
            while i + run < len(row) and row[i + run] == row[i] and run < 255:
                run += 1
            if run == 1 and i + 5 <= len(row):
                some = [int(v) for v in row[i : i + 5]]
                packed += b"\0\x05"
                body = (bytes([some[0] << 4 | some[1], some[2] << 4 | some[3], some[4] << 4]) if nibbles
                        else bytes(some))
                packed += body + b"\0" * (len(body) % 2)
                i += 5
            else:
                packed += bytes([run, int(row[i]) * 17 if nibbles else int(row[i])])
                i += run
        return packed + b"\0\0"

    steps = (index // 15) % 16
    palette = scene(16, 3)[1]
    # The alignment counts from the start of the file, so the data starts at an even place.
    for bits, method in ((8, 1), (4, 2)):
        data = b"".join(bytes(pairs(row, bits == 4)) for row in steps[::-1]) + b"\0\x01"
        write(f"runs{bits}.bmp", file(steps, bits, method=method, palette=palette, data=data))
    # Passes over 3 columns and 2 rows; the rest of the file's last rows is not there either, but said to end.
    jump = b"\x05\x03\0\x02\x03\x02\x04\x07\0\0" + b"".join(bytes(pairs(row, False)) for row in steps[:10][::-1])
    write("jump.bmp", file(steps, 8, method=1, palette=palette, data=jump + b"\0\x01"))


def tiff():
    def compressed(name, image, **options):
        write(name, saved(image, "tiff", **options))

    picture = Image.fromarray(large)
    for compression in ("raw", "tiff_lzw", "packbits", "tiff_adobe_deflate", "tiff_deflate", "jpeg", "tiff_lzma",
                        "zstd"):
        compressed(f"{compression.removeprefix('tiff_')}.tif", picture, compression=compression)
    for compression in ("raw", "group3", "group4", "tiff_ccitt"):
        compressed(f"bits-{compression}.tif", picture.convert("1", dither=Image.Dither.NONE), compression=compression)
    compressed("gray8.tif", picture.convert("L"), compression="tiff_lzw")
    compressed("palette8.tif", indexed, compression="tiff_lzw")
    compressed("cmyk.tif", picture.convert("CMYK"), compression="tiff_lzw")
    compressed("rgba.tif", Image.fromarray(np.concatenate([small, alpha], 2)), compression="tiff_lzw")
    compressed("pages.tif", picture, save_all=True, append_images=[Image.fromarray(small)], compression="tiff_lzw")
    compressed("gray-alpha.tif", Image.fromarray(np.concatenate([small[..., 1:2], alpha], 2)[..., :]), compression="raw")

    def array(name, pixels, expected=None, **options):
        data = io.BytesIO()
        tifffile.imwrite(data, pixels, metadata=None, software=False, **options)
        write(name, data.getvalue(), expected)

    wide = small.astype(np.uint16) * 256 + 37
    gray = np.repeat(small[..., 1:2], 3, axis=2)
    for order, sign in (("little", "<"), ("big", ">")):
        for compression in (None, "lzw"):
            name = f"rgb16-{order}-{compression or 'raw'}.tif"
            array(name, wide, photometric="rgb", compression=compression, byteorder=sign)
    # Pillow's convert("RGB") would cut everything above 255 down to white.
    array("gray16.tif", wide[..., 1], gray, photometric="minisblack", compression="lzw", predictor=True)
    array("gray16-big.tif", wide[..., 1], gray, photometric="minisblack", byteorder=">")
    array("white16.tif", 65535 - wide[..., 1], gray, photometric="miniswhite")
    array("white8.tif", small[..., 1], photometric="miniswhite")
    array("big.tif", small, photometric="rgb", bigtiff=True)
    for name, pixels in (("rgb8", large), ("rgb16", scene(61, 47).astype(np.uint16) * 256 + 5)):
        for compression in (None, "lzw", "zlib"):
            array(f"tiles-{name}-{compression or 'raw'}.tif", pixels, photometric="rgb", tile=(32, 16),
                  compression=compression)
    array("tiles-gray.tif", large[..., 0], photometric="minisblack", tile=(16, 16), compression="lzw", predictor=True)
    array("planes.tif", small.transpose(2, 0, 1).copy(), photometric="rgb", planarconfig="separate", compression="lzw",
          rowsperstrip=5)
    # Uncompressed, Pillow would take each byte of these for a value.
    array("planes16.tif", wide.transpose(2, 0, 1).copy(), small, photometric="rgb", planarconfig="separate")
    array("planes-tiles.tif", large.transpose(2, 0, 1).copy(), photometric="rgb", planarconfig="separate",
          tile=(16, 32), compression="lzw")
    array("strips.tif", large, photometric="rgb", rowsperstrip=7, compression="lzw", predictor=True)
    multiplied = (small.astype(np.uint16) * alpha // 255).astype(np.uint8)
    array("multiplied.tif", np.concatenate([multiplied, alpha], 2), photometric="rgb", extrasamples=["assocalpha"])
    array("extra.tif", np.concatenate([small, alpha, alpha], 2), photometric="rgb",
          extrasamples=["unspecified", "unspecified"])
    array("cmyk16.tif", np.concatenate([wide, 256 * alpha.astype(np.uint16)], 2), photometric="separated")
    array("jpeg-tiles.tif", large, photometric="ycbcr", subsampling=(1, 1), tile=(32, 32), compression="jpeg")
    for orientation in range(1, 9):
        array(f"turned{orientation}.tif", small, photometric="rgb", extratags=[(274, 3, 1, orientation, True)])


def heif():
    """Expected pixels of the lossy files lie within a few levels: libheif and the decoders behind it round, and enlarge
    colours, in different ways from version to version."""
    picture = Image.fromarray(large)
    smooth = picture.resize((96, 72), Image.Resampling.BICUBIC)
    for name, chroma in (("420", 420), ("444", 444)):
        write(f"{name}.heic", saved(smooth, "heif", quality=90, chroma=chroma))
        write(f"{name}.avif", saved(smooth, "avif", quality=90, subsampling=f"4:{name[1]}:{name[2]}"))
    write("gray.heic", saved(smooth.convert("L"), "heif", quality=90))
    write("gray.avif", saved(smooth.convert("L"), "avif", quality=90))
    translucent = smooth.copy()
    translucent.putalpha(200)
    write("alpha.heic", saved(translucent, "heif", quality=90, chroma=444))
    write("alpha.avif", saved(translucent, "avif", quality=90, subsampling="4:4:4"))
    for orientation in (3, 6, 7):
        exif = Image.Exif()
        exif[0x0112] = orientation
        write(f"turned{orientation}.heic", saved(smooth, "heif", quality=90, chroma=444, exif=exif))
        write(f"turned{orientation}.avif", saved(smooth, "avif", quality=90, subsampling="4:4:4", exif=exif))


def jxl():
    picture = Image.fromarray(large)
    write("lossless.jxl", saved(picture, "jxl", lossless=True))
    write("lossy.jxl", saved(picture, "jxl", quality=90))
    write("gray.jxl", saved(picture.convert("L"), "jxl", lossless=True))
    write("alpha.jxl", saved(Image.fromarray(np.concatenate([small, alpha], 2)), "jxl", lossless=True))
    jpeg = saved(picture, "jpeg", quality=90)
    path = out / "from.jpg"
    path.write_bytes(jpeg)
    write("from-jpeg.jxl", saved(Image.open(path), "jxl", lossless_jpeg=True))
    path.unlink()


def s15(value):
    return struct.pack(">i", round(value * 65536))


def profile(primaries, curve, space=b"RGB ", note=b"text" + bytes(4) + b"CC0\0"):
    """A display profile of three primaries (or a gray one), adapted to D50 by Bradford's matrix."""
    white = (0.3127, 0.3290)
    d50 = np.array([0.9642, 1.0, 0.8249])

    def xyz(x, y):
        return np.array([x / y, 1, (1 - x - y) / y])

    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    scale = np.diag((bradford @ d50) / (bradford @ xyz(*white)))
    adapt = np.linalg.inv(bradford) @ scale @ bradford

    def tag_xyz(value):
        return b"XYZ " + bytes(4) + b"".join(map(s15, value))

    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 6) + b"graft\0" + bytes(78),
            b"cprt": note, b"wtpt": tag_xyz(d50)}
    if space == b"RGB ":
        columns = np.stack([xyz(*p) for p in primaries], axis=1)
        matrix = adapt @ (columns * np.linalg.solve(columns, xyz(*white)))
        for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), matrix.T):
            tags[name] = tag_xyz(column)
        for name in (b"rTRC", b"gTRC", b"bTRC"):
            tags[name] = curve
    else:
        tags[b"kTRC"] = curve
    body, table = b"", struct.pack(">I", len(tags))
    for name, data in tags.items():
        table += name + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = bytes(8) + b"\x02\x40\0\0" + b"mntr" + space + b"XYZ " + struct.pack(">6H", 2024, 1, 1, 0, 0, 0)
    head += b"acsp" + bytes(4) + bytes(4) + bytes(4) + bytes(4) + bytes(8) + bytes(4) + b"".join(map(s15, d50)) + bytes(48)
    data = head + table + body
    return struct.pack(">I", len(data)) + data[4:]


def gamma(value):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(value * 256)) + b"\0\0"


def srgb_curve(entries=1024):
    x = np.arange(entries) / (entries - 1)
    y = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    return b"curv" + bytes(4) + struct.pack(">I", entries) + np.rint(y * 65535).astype(">u2").tobytes()


SRGB = [(0.64, 0.33), (0.30, 0.60), (0.15, 0.06)]
P3 = [(0.68, 0.32), (0.265, 0.69), (0.15, 0.06)]
ADOBE = [(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)]


def profiles():
    p3, adobe = profile(P3, srgb_curve(256)), profile(ADOBE, gamma(563 / 256))
    srgb = profile(SRGB, srgb_curve())
    gray = profile(None, gamma(1.8), b"GRAY")
    picture = Image.fromarray(large)

    def convert(name, data, changes=True):
        path = out / name
        path.write_bytes(data)
        image = Image.open(path)
        icc = image.info["icc_profile"]
        stored = ImageOps.exif_transpose(image)
        converted = stored if stored.mode in ("L", "RGB") else stored.convert("RGB")
        if changes:
            source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            converted = ImageCms.profileToProfile(converted, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        stored, converted = np.asarray(stored.convert("RGB")), np.asarray(converted.convert("RGB"))
        path.with_name(name + ".expected.png").write_bytes(png_bytes(converted))
        path.with_name(name + ".stored.png").write_bytes(png_bytes(stored))

    exif = Image.Exif()
    exif[0x0112] = 6
    convert("p3.jpg", saved(picture, "jpeg", quality=90, icc_profile=p3, exif=exif))
    convert("adobe.jpg", saved(picture, "jpeg", quality=90, icc_profile=adobe))
    convert("p3.png", saved(picture, "png", icc_profile=p3))
    convert("p3.webp", saved(picture, "webp", lossless=True, icc_profile=p3))
    convert("adobe.tif", saved(picture, "tiff", compression="tiff_lzw", icc_profile=adobe))
    convert("p3.heic", saved(picture, "heif", quality=95, chroma=444, icc_profile=p3))
    convert("p3.avif", saved(picture, "avif", quality=95, subsampling="4:4:4", icc_profile=p3))
    convert("p3.jxl", saved(picture, "jxl", lossless=True, icc_profile=p3))
    convert("gray.jpg", saved(picture.convert("L"), "jpeg", quality=90, icc_profile=gray))
    convert("gray.png", saved(picture.convert("L"), "png", icc_profile=gray))
    # All that is left alone: sRGB by any name, and what is no profile.
    convert("srgb.jpg", saved(picture, "jpeg", quality=90, icc_profile=srgb), changes=False)
    built_in = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # Without its date.
    built_in = built_in[:24] + bytes(12) + built_in[36:84] + bytes(16) + built_in[100:]
    convert("srgb.png", saved(picture, "png", icc_profile=built_in), changes=False)
    convert("damaged.jpg", saved(picture, "jpeg", quality=90, icc_profile=b"no profile" * 20), changes=False)
    # A profile that takes two segments: three curves of 256 values and a long text.
    long = profile(P3, srgb_curve(256), note=b"text" + bytes(66_000))
    convert("long.jpg", saved(Image.fromarray(small), "jpeg", quality=90, icc_profile=long))


out = folder("formats")
for make in (gif, bmp, tiff, heif, jxl):
    make()
out = folder("profiles")
profiles()
