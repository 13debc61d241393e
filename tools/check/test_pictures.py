"""Pictures at the edges: what iourun reads is what Pillow reads, whatever the kind of file.

iourun draws no box with a score threshold of 1, so that the PNG files of --output are the pictures as they were
decoded.
PNG, BMP, GIF, WebP and most TIFF must agree in every pixel with Pillow, or with PNG's own rounding where Pillow cuts
(16 bits: at most 1 apart); JPEG within 2 levels. Corrupt files, files beyond the limits and names that are no UTF-8
must give one-line errors, valid JSON and no half-written file.
"""

import io
import json
import os
import pathlib
import socket
import struct
import subprocess
import zlib

import numpy as np
import pytest
from libiou import ROOT
from PIL import Image, ImageFile, ImageOps
from tally import Tally

import make_image_fixtures as fixtures

Image.MAX_IMAGE_PIXELS = None
IOURUN, IOUC = ROOT / ".build/release/iourun", ROOT / ".build/release/iouc"
JPEG_LEVELS = 2


class Tool:
    """iourun with a small detector, in a folder of its own."""

    def __init__(self, folder: pathlib.Path):
        self.folder, self.model = folder, folder / "tiny.onnx"
        subprocess.run([IOUC, "export", self.model, "--backbone", "mobilenetv2", "--classes", "2", "--seed", "1",
                        "--fpn-channels", "16", "--short-side", "32", "--long-side", "64"], check=True)

    def run(self, *arguments, threshold: str = "1") -> subprocess.CompletedProcess:
        command = [IOURUN, self.model, *arguments, "--score-threshold", threshold, "--threads", "1"]
        return subprocess.run(command, capture_output=True, timeout=120)


def one_error(result: subprocess.CompletedProcess, *expected: str) -> str | None:
    """What is wrong with a refusal: status 1, one line of UTF-8 that holds the expected words."""
    text = result.stderr.decode(errors="surrogateescape")
    lines = text.split("\n")
    if result.returncode != 1:
        return f"exit status {result.returncode}: {text}"
    if len(lines) != 2 or lines[1] or len(text.splitlines()) != 1:
        return f"not one line: {text!r}"
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"no UTF-8: {text!r}"
    missing = [word for word in expected if word not in text]
    return f"does not mention {missing}: {text}" if missing else None


# ---- Decoding ------------------------------------------------------------------------------------------------------


def random_png(rng, width, height, color, depth, interlace, transparency=b""):
    """The file and the pixels that it stands for."""
    samples = rng.integers(0, 2**depth, (height, width, fixtures.CHANNELS[color]))
    palette = rng.integers(0, 256, (2**min(depth, 8), 3)).astype(np.uint8)
    extra = fixtures.chunk(b"PLTE", palette.tobytes()) if color == 3 else b""
    if transparency:
        extra += fixtures.chunk(b"tRNS", transparency)
    data = fixtures.SIGNATURE + fixtures.header(width, height, depth, color, interlace) + extra
    data += fixtures.chunk(b"IDAT", zlib.compress(fixtures.raw_rows(samples, depth, interlace)))
    return data + fixtures.chunk(b"IEND", b""), fixtures.expected_rgb(samples, depth, color, palette)


def pillow_rgb(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


def png_files(rng):
    """(name, bytes, pixels, levels that they may differ)"""
    depths = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
    for width, height in ((1, 1), (1, 3), (5, 1), (33, 17)):
        for color, choices in depths.items():
            for depth in choices:
                for interlace in (0, 1):
                    data, rgb = random_png(rng, width, height, color, depth, interlace)
                    name = f"{fixtures.NAMES[color]}{depth}_{width}x{height}_{interlace}"
                    if depth < 16:  # two independent readings agree
                        assert (pillow_rgb(data) == rgb).all(), name
                    elif color in (2, 6):
                        assert np.abs(pillow_rgb(data).astype(int) - rgb).max() <= 1, name
                    yield name + ".png", data, rgb, 0
    for color, depth, transparency in ((3, 2, b"\0\x80"), (3, 8, bytes(256)), (0, 8, b"\0\x07"), (0, 1, b"\0\1"),
                                       (2, 8, b"\0\1\0\2\0\3"), (2, 16, bytes(6))):
        data, rgb = random_png(rng, 19, 7, color, depth, 0, transparency)
        yield f"transparent{color}_{depth}.png", data, rgb, 0
    for width, height, interlace in ((1, 20000, 0), (20000, 1, 0), (1, 20000, 1), (20000, 1, 1), (65535, 2, 0)):
        data, rgb = random_png(rng, width, height, 2, 8, interlace)
        yield f"thin{width}x{height}_{interlace}.png", data, rgb, 0


def saved(picture: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def jpeg_files(rng):
    """Smooth pictures with noise, in sizes that fill no block."""
    y, x = np.mgrid[0:45, 0:83]
    rgb = np.stack([3 * x, 250 - 5 * y, 2 * x + y], -1) + rng.integers(-20, 20, (45, 83, 3))
    picture = Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8))
    for mode in ("RGB", "L", "CMYK"):
        for options in ({}, {"progressive": True}, {"quality": 30}, {"quality": 100}, {"optimize": True},
                        {"restart_marker_rows": 1}, {"restart_marker_blocks": 3}):
            name = "_".join([mode, *(f"{key}{value}" for key, value in options.items())])
            yield name, saved(picture.convert(mode), "JPEG", **options)
    for subsampling in (0, 1, 2):
        for progressive in (False, True):
            yield (f"subsampling{subsampling}_{progressive}",
                   saved(picture, "JPEG", subsampling=subsampling, progressive=progressive))
    for size in ((1, 1), (1, 9), (17, 1), (8, 8), (1, 20000), (20000, 1)):
        yield f"size{size[0]}x{size[1]}", saved(picture.resize(size), "JPEG")
    yield "stored_rgb", saved(picture, "JPEG", keep_rgb=True)
    cmyk = saved(picture.convert("CMYK"), "JPEG")
    transform = cmyk.index(b"Adobe") + 11
    yield "ycck", cmyk[:transform] + b"\2" + cmyk[transform + 1:]
    for orientation in range(10):
        exif = Image.Exif()
        exif[0x0112] = orientation
        for size in ((83, 45), (1, 7)):
            yield f"orientation{orientation}_{size[0]}", saved(picture.resize(size), "JPEG", exif=exif)
    yield "trailing", saved(picture, "JPEG") + b"more"
    for name, segments in odd_exif_segments():
        plain = saved(picture, "JPEG")
        marks = b"".join(b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data for data in segments)
        yield f"exif_{name}", plain[:2] + marks + plain[2:]


def other_files(rng):
    """BMP, GIF, TIFF and WebP as Pillow writes them; (name, bytes, levels that they may differ)."""
    y, x = np.mgrid[0:45, 0:83]
    rgb = np.clip(np.stack([3 * x, 250 - 5 * y, 2 * x + y], -1) + rng.integers(-20, 20, (45, 83, 3)), 0, 255)
    picture = Image.fromarray(rgb.astype(np.uint8))
    alpha = picture.copy()
    alpha.putalpha(Image.fromarray(rng.integers(0, 256, (45, 83)).astype(np.uint8)))
    others = [Image.fromarray(rng.integers(0, 256, (45, 83, 3)).astype(np.uint8)) for _ in range(2)]
    for size in ((83, 45), (1, 1), (7, 3), (2000, 1), (1, 2000)):
        sized = picture.resize(size)
        name = f"{size[0]}x{size[1]}"
        for mode in ("1", "L", "P", "RGB", "RGBA"):
            yield f"bmp_{mode}_{name}.bmp", saved(sized.convert(mode), "BMP"), 0
        for mode in ("1", "L", "P"):
            for interlace in (0, 1):
                yield f"gif_{mode}_{name}_{interlace}.gif", saved(sized.convert(mode), "GIF", interlace=interlace), 0
        for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "CMYK"):
            yield f"tiff_{mode}_{name}.tiff", saved(sized.convert(mode), "TIFF"), 1 if mode == "CMYK" else 0
        for options in ({"quality": 80}, {"quality": 10}, {"lossless": True}):
            kind = "_".join(f"{k}{v}" for k, v in options.items())
            for mode in ("RGB", "RGBA"):
                source = alpha.resize(size) if mode == "RGBA" else sized
                yield f"webp_{mode}_{name}_{kind}.webp", saved(source, "WEBP", exact=True, **options), 0
    for compression in ("tiff_lzw", "tiff_deflate", "packbits", "tiff_adobe_deflate", "zstd"):
        yield f"tiff_{compression}.tif", saved(picture, "TIFF", compression=compression), 0
    yield "tiff_jpeg.tif", saved(picture, "TIFF", compression="jpeg"), 2
    yield "tiff_bits.tif", saved(picture.convert("1"), "TIFF", compression="group4"), 0
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield f"tiff_turned{orientation}.tif", saved(picture, "TIFF", tiffinfo={274: orientation}), 0
        yield f"webp_turned{orientation}.webp", saved(picture, "WEBP", lossless=True, exif=exif), 0
    yield "tiff_pages.tif", saved(picture, "TIFF", save_all=True, append_images=others), 0
    yield "gif_frames.gif", saved(picture.convert("P"), "GIF", save_all=True, append_images=others), 0
    yield "webp_frames.webp", saved(picture, "WEBP", save_all=True, append_images=others, lossless=True), 0
    transparent = picture.convert("P")
    yield "gif_transparent.gif", saved(transparent, "GIF", transparency=transparent.getpixel((3, 3))), 0
    yield from odd_bmps(rng)


def bmp(bits, compression, width, height, colours, pixels, header=40, masks=b""):
    """A BMP file with a header of Windows; `height` below 0: the first row first."""
    info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(pixels), 0, 0,
                       len(colours) // 4, 0)
    info = info + masks.ljust(header - 40, b"\0") if header > 40 else info + masks
    at = 14 + len(info) + len(colours)
    return struct.pack("<2sIHHI", b"BM", at + len(pixels), 0, 0, at) + info + colours + pixels


def odd_bmps(rng):
    palette = bytes(rng.integers(0, 256, 64).astype(np.uint8))
    rows = bytes(rng.integers(0, 256, 20 * 24).astype(np.uint8))
    masks565, masks8 = struct.pack("<III", 0xF800, 0x7E0, 0x1F), struct.pack("<III", 0xFF, 0xFF00, 0xFF0000)
    yield "bmp_down.bmp", bmp(24, 0, 8, -5, b"", rows[:120]), 0
    yield "bmp_4.bmp", bmp(4, 0, 13, 5, palette, rows[:40]), 0
    yield "bmp_555.bmp", bmp(16, 0, 12, 5, b"", rows[:120]), 8  # Pillow leaves the low bits 0
    yield "bmp_565.bmp", bmp(16, 3, 12, 5, b"", rows[:120], masks=masks565), 8
    masks_high = struct.pack("<III", 0xFF000000, 0xFF0000, 0xFF00)
    yield "bmp_fields.bmp", bmp(32, 3, 6, 5, b"", rows[:120], masks=masks_high), 0
    yield "bmp_v4.bmp", bmp(32, 3, 6, 5, b"", rows[:120], header=108, masks=masks8 + b"\0\0\0\xff"), 0
    yield "bmp_v5.bmp", bmp(24, 0, 8, 5, b"", rows[:120], header=124), 0
    core = struct.pack("<2sIHHIIHHHH", b"BM", 26 + 120, 0, 0, 26, 12, 8, 5, 1, 24) + rows[:120]
    yield "bmp_core.bmp", core, 0
    runs = b"".join(bytes([5, i, 0, 4, 1, 2, 3, i, 3, 9, 0, 0]) for i in range(4)) + b"\0\1"
    yield "bmp_rle8.bmp", bmp(8, 1, 12, 4, bytes(rng.integers(0, 256, 1024).astype(np.uint8)), runs), 0
    open_end = b"".join(bytes([12, i, 0, 0]) for i in range(4))[:-2]
    yield "bmp_open_runs.bmp", bmp(8, 1, 12, 4, bytes(range(256)) * 4, open_end), 0
    runs = b"".join(bytes([5, 0x12 + i, 0, 6, 0x12, 0x34, 0x56, 0, 1, 0x70, 0, 0]) for i in range(4)) + b"\0\1"
    yield "bmp_rle4.bmp", bmp(4, 2, 12, 4, palette, runs), 0


def deep_tiffs(rng):
    """16 bits, which Pillow reads of grey alone, and tiles; (name, bytes, pixels)."""
    for channels in (1, 3, 4):
        samples = rng.integers(0, 65536, (9, 14, channels)).astype(np.uint16)
        fields = [(256, 4, [14]), (257, 4, [9]), (258, 3, [16] * channels), (259, 3, [1]),
                  (262, 3, [1 if channels == 1 else 2]), (273, 4, [8]), (277, 3, [channels]), (278, 4, [9]),
                  (279, 4, [samples.nbytes])] + ([(338, 3, [2])] if channels == 4 else [])
        yield f"tiff_16_{channels}.tif", tiff_file(fields, samples.tobytes()), deep_rgb(samples)
    tiles = rng.integers(0, 256, (2, 16, 32, 3)).astype(np.uint8)
    packed = [zlib.compress(tile.tobytes()) for tile in tiles]
    fields = [(256, 4, [30]), (257, 4, [29]), (258, 3, [8] * 3), (259, 3, [8]), (262, 3, [2]), (277, 3, [3]),
              (322, 4, [32]), (323, 4, [16]), (324, 4, [8, 8 + len(packed[0])]), (325, 4, [len(p) for p in packed])]
    pixels = tiles.reshape(32, 32, 3)[:29, :30]
    yield "tiff_packed_tiles.tif", tiff_file(fields, b"".join(packed)), pixels
    fields[3], fields[-2:] = (259, 3, [1]), [(324, 4, [8, 8 + 1536]), (325, 4, [1536] * 2)]
    yield "tiff_tiles.tif", tiff_file(fields, tiles.tobytes()), pixels


def deep_rgb(samples):
    rgb = samples[..., :3] if samples.shape[-1] > 1 else samples.repeat(3, -1)
    return ((rgb.astype(np.uint32) + 128) // 257).astype(np.uint8)


def tiff_file(fields, data):
    """The data behind the header, then the directory and the values that do not fit in it."""
    at, late = 8 + len(data), b""
    directory = struct.pack("<H", len(fields))
    end = at + 2 + 12 * len(fields) + 4
    for tag, kind, values in sorted(fields):
        packed = struct.pack(f"<{len(values)}{'H' if kind == 3 else 'I'}", *values)
        if len(packed) > 4:
            directory += struct.pack("<HHII", tag, kind, len(values), end + len(late))
            late += packed
        else:
            directory += struct.pack("<HHI", tag, kind, len(values)) + packed.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<I", at) + data + directory + bytes(4) + late


EXIF_HEADER = b"Exif\0\0"


def exif_directory(order: str, kind: int, count: int, values: bytes) -> bytes:
    """A TIFF file with the orientation alone, as a field of any type."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    start = mark + struct.pack(order + "IHHHI", 8, 1, 0x0112, kind, count)
    if len(values) <= 4:
        return start + values.ljust(4, b"\0") + bytes(4)
    return start + struct.pack(order + "II", 26, 0) + values


def odd_exif_segments():
    """What cameras, phones and tools write instead of one number of 16 bits behind one header."""
    for order in "<>":
        plain = exif_directory(order, 3, 1, struct.pack(order + "H", 6))
        for headers in range(4):
            yield f"headers{headers}{ord(order)}", [EXIF_HEADER * headers + plain]
        for kind, code in ((1, "B"), (2, "B"), (3, "H"), (4, "I"), (6, "b"), (7, "B"), (8, "h"), (9, "i"), (13, "I")):
            for count in (0, 1, 2, 3, 9):
                values = struct.pack(f"{order}{count}{code}", *range(6, 6 + count))
                yield f"type{kind}_{count}_{ord(order)}", [EXIF_HEADER + exif_directory(order, kind, count, values)]
        values = struct.pack(order + "3H", 6, 7, 8)
        yield f"values_outside{ord(order)}", [EXIF_HEADER + exif_directory(order, 3, 3, values)[:-1]]
        yield f"empty_first{ord(order)}", [EXIF_HEADER, EXIF_HEADER + plain]
        yield f"others_first{ord(order)}", [b"http://ns.adobe.com/xap/1.0/\0<x/>", EXIF_HEADER + plain]


def turned_png_files(rng):
    """EXIF before and after the pixels, in both byte orders, and such that makes no sense."""
    picture = Image.fromarray(rng.integers(0, 256, (9, 14, 3)).astype(np.uint8))
    plain = saved(picture, "PNG")
    for orientation in range(10):
        for order in "<>":
            mark = b"II*\0" if order == "<" else b"MM\0*"
            exif = fixtures.chunk(
                b"eXIf", mark + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
            )
            for name, at in (("before", plain.index(b"IDAT") - 4), ("after", plain.index(b"IEND") - 4)):
                data = plain[:at] + exif + plain[at:]
                yield f"exif_{name}_{orientation}_{mark[:2].decode()}", data, pillow_rgb(data)
    directory = exif_directory(">", 3, 1, struct.pack(">H", 6))
    for name, data in (
        ("empty", b""),
        ("short", b"MM\0*"),
        ("far", b"MM\0*\xff\xff\xff\xff"),
        ("text", EXIF_HEADER + b"MM\0*"),
    ):
        yield f"exif_{name}", plain[:33] + fixtures.chunk(b"eXIf", data) + plain[33:], np.asarray(picture)
    data = plain[:33] + fixtures.chunk(b"eXIf", EXIF_HEADER + directory) + plain[33:]
    yield "exif_with_header", data, pillow_rgb(data)


def renamed_files(rng):
    """Contents are distinguished by their first bytes, not by their name."""
    picture = Image.fromarray(rng.integers(0, 256, (20, 30, 3)).astype(np.uint8))
    yield "jpeg_as.png", saved(picture, "JPEG"), JPEG_LEVELS
    yield "png_as.jpg", saved(picture, "PNG"), 0
    yield "png_as.txt", saved(picture, "PNG"), 0
    yield "no_ending", saved(picture, "PNG"), 0
    frames = [Image.fromarray(rng.integers(0, 256, (20, 30, 3)).astype(np.uint8)) for _ in range(2)]
    yield "apng.png", saved(picture, "PNG", save_all=True, append_images=frames), 0
    yield "apng_hidden.png", saved(picture, "PNG", save_all=True, append_images=frames, default_image=True), 0


def endless_pngs(rng):
    """PNGs that are cut near their end; None where Pillow finds that rows are missing."""
    for interlace in (0, 1):
        data, whole = random_png(rng, 16, 12, 2, 8, interlace)
        stream = data[data.index(b"IDAT") + 4:data.index(b"IEND") - 8]
        data = data[:data.index(b"IDAT") - 4]
        data += b"".join(fixtures.chunk(b"IDAT", stream[i:i + 250]) for i in range(0, len(stream), 250))
        end = len(data) - 4
        data += fixtures.chunk(b"tEXt", b"a\0b") + fixtures.chunk(b"IEND", b"")
        # libpng asks for the last rows and the check sum of the stream, of four bytes, at once; Pillow gives up on
        # texts that are cut.
        for size in (*range(end - 30, end - 4), *range(end, len(data))):
            ImageFile.LOAD_TRUNCATED_IMAGES = True
            rgb = pillow_rgb(data[:min(size, end + 4)])
            ImageFile.LOAD_TRUNCATED_IMAGES = False
            yield f"cut{interlace}_{len(data) - size}.png", data[:size], whole if (rgb == whole).all() else None


def endless_files(rng):
    """JPEGs without their end marker, from which no pixel is missing."""
    picture = Image.fromarray(rng.integers(0, 256, (40, 50, 3)).astype(np.uint8))
    for name, options in (
        ("baseline", {}),
        ("progressive", {"progressive": True}),
        ("restarts", {"restart_marker_blocks": 2}),
    ):
        data = saved(picture, "JPEG", **options)
        yield f"endless_{name}", data[:-2]
        yield f"half_end_{name}", data[:-1]


def decoded_cases(tool: Tool, tally: Tally) -> None:
    rng = np.random.default_rng(7)
    files = list(png_files(rng))
    files += [(f"{name}.jpg", data, pillow_rgb(data), JPEG_LEVELS) for name, data in jpeg_files(rng)]
    files += [(f"{name}.png", data, rgb, 0) for name, data, rgb in turned_png_files(rng)]
    files += [(name, data, pillow_rgb(data), levels) for name, data, levels in renamed_files(rng)]
    files += [(name, data, pillow_rgb(data), levels) for name, data, levels in other_files(rng)]
    files += [(name, data, rgb, 1) for name, data, rgb in deep_tiffs(rng)]  # libtiff cuts 16 bits of grey
    files += [(name, data, rgb, 0) for name, data, rgb in endless_pngs(rng) if rgb is not None]
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    files += [(f"{name}.jpg", data, pillow_rgb(data), JPEG_LEVELS) for name, data in endless_files(rng)]
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    source, target = tool.folder / "decoded", tool.folder / "drawn"
    source.mkdir()
    for name, data, _, _ in files:
        (source / name).write_bytes(data)
    result = tool.run(*[source / name for name, *_ in files], "--output", target)
    tally.add("all pictures are read", result.stderr.decode() or None)
    for name, _, expected, levels in files:
        path = target / (pathlib.Path(name).stem + ".png")
        if not path.exists():
            tally.add(name, "is not read")
            continue
        found = np.asarray(Image.open(path))
        if found.shape != expected.shape:
            tally.add(name, f"shape {found.shape}, {expected.shape} is expected")
            continue
        worst = int(np.abs(found.astype(int) - expected).max())
        tally.add(name, f"pixels differ by {worst}" if worst > levels else None)


# ---- Refusals ------------------------------------------------------------------------------------------------------


def jpeg_lacking(scans: int) -> bytes:
    """A progressive JPEG that ends cleanly, but before its last scans."""
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 40, 3)).astype(np.uint8))
    data = saved(picture, "JPEG", progressive=True)
    starts = [i for i in range(len(data) - 1) if data[i:i + 2] == b"\xff\xda"]
    end = starts[-scans]
    # The tables of the scan are before it.
    while (at := data.rfind(b"\xff\xc4", 0, end)) > starts[-scans - 1]:
        end = at
    return data[:end]


def bad_files():
    rng = np.random.default_rng(8)
    picture = Image.fromarray(rng.integers(0, 256, (40, 50, 3)).astype(np.uint8))
    png, jpeg = saved(picture, "PNG"), saved(picture, "JPEG")
    yield "empty.png", b"", "empty"
    yield "text.jpg", b"no picture", "PNG, JPEG"
    yield "cut.png", png[:len(png) // 2], "truncated"
    yield from ((name, data, "truncated") for name, data, rgb in endless_pngs(rng) if rgb is None)
    yield "cut.jpg", jpeg[:len(jpeg) // 2], "truncated"
    yield "cut_bytes.jpg", jpeg[:-40], "truncated"
    for scans in (1, 2, 5):
        yield f"lacks{scans}.jpg", jpeg_lacking(scans), "truncated"
    flipped = bytearray(png)
    flipped[len(png) // 2] ^= 0x55
    yield "flipped.png", bytes(flipped), "png"
    wide = (
        fixtures.SIGNATURE
        + fixtures.header(65536, 1, 8, 2)
        + fixtures.chunk(b"IDAT", b"")
        + fixtures.chunk(b"IEND", b"")
    )
    yield "wide.png", wide, "a side may have"
    large = (
        fixtures.SIGNATURE
        + fixtures.header(40000, 40000, 1, 0)
        + fixtures.chunk(b"IDAT", b"")
        + fixtures.chunk(b"IEND", b"")
    )
    yield "large.png", large, "a picture may have"
    frame = jpeg.index(b"\xff\xc0")
    yield "large.jpg", jpeg[:frame + 5] + struct.pack(">HH", 65500, 65500) + jpeg[frame + 9:], "a picture may have"
    yield "sound.png", b"RIFF\x10\0\0\0WAVEfmt ", "RIFF"
    for kind in ("BMP", "GIF", "TIFF", "WEBP"):
        data = saved(picture, kind, **({"lossless": True} if kind == "WEBP" else {}))
        yield f"cut_{kind}.png", data[:len(data) // 2], kind.lower()
        yield f"start_{kind}.png", data[:20], kind.lower()
    runs = b"\0\2\xff\0" * (2**31 // 255 + 1) + b"\4\1"  # moves of a row's place, together beyond 32 bits
    yield "far_runs.png", bmp(8, 1, 4, 2, bytes(1024), runs), "truncated"
    for kind, data in huge_files(picture):
        yield f"huge_{kind}.png", data, kind, "may have"


def huge_files(picture):
    """Files whose headers ask for 60,000 x 60,000 pixels."""
    side = struct.pack("<H", 60000)
    gif, data = bytearray(saved(picture, "GIF")), bytearray(saved(picture, "BMP"))
    gif[6:10] = 2 * side
    data[18:26] = struct.pack("<ii", 60000, 60000)
    yield "gif", bytes(gif)
    yield "bmp", bytes(data)
    yield "tiff", tiff_file([(256, 4, [60000]), (257, 4, [60000]), (258, 3, [8]), (262, 3, [1]), (273, 4, [8]),
                             (278, 4, [60000]), (279, 4, [100])], bytes(100))


def mutated_cases(tool: Tool, tally: Tally) -> None:
    """Files with bytes that are others: a picture or one line, never a signal."""
    rng = np.random.default_rng(9)
    picture = Image.fromarray(rng.integers(0, 256, (20, 24, 3)).astype(np.uint8))
    folder = tool.folder / "mutated"
    for kind in ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP"):
        (folder / kind).mkdir(parents=True)
        data = saved(picture, kind)
        for number in range(150):
            bad = bytearray(data)
            for at in rng.integers(0, len(bad) if number % 2 else min(len(bad), 200), rng.integers(1, 9)):
                bad[at] = rng.choice([0, 1, 127, 128, 255, rng.integers(0, 256)])
            (folder / kind / f"{number}.{kind.lower()}").write_bytes(bytes(bad))
        result = tool.run(folder / kind, "--json", "-")
        read = len(json.loads(result.stdout)["images"])
        lines = result.stderr.decode(errors="replace").splitlines()
        refused = sum(line.startswith("iourun: picture") for line in lines)
        good = result.returncode in (0, 1) and read + refused == 150
        found = f"status {result.returncode}: {read} read, {refused} refused: {lines[-1:]}"
        tally.add(f"mutated {kind}", None if good else found)


def refused_cases(tool: Tool, tally: Tally) -> None:
    folder, target = tool.folder / "bad", tool.folder / "bad_drawn"
    folder.mkdir()
    good = folder / "good.png"
    Image.new("RGB", (9, 9)).save(good)
    for name, data, *expected in bad_files():
        (folder / name).write_bytes(data)
        result = tool.run(good, folder / name, "--output", target, "--json", "-")
        problem = one_error(result, name, *expected)
        images = json.loads(result.stdout)["images"]
        if not problem and [image["file"] for image in images] != [str(good)]:
            problem = f"the report has {images}"
        if not problem and sorted(os.listdir(target)) != ["good.png"]:
            problem = f"files are left: {os.listdir(target)}"
        tally.add(name, problem)
    os.mkfifo(folder / "pipe.png")
    for name, *expected in (("pipe.png", "empty"), ("absent.png", "No such file"), ("", "found none")):
        path = folder / name if name else tool.folder / "nothing"
        if not name:
            path.mkdir()
        tally.add(f"file '{name}'", one_error(tool.run(path), *expected))


# ---- Folders -------------------------------------------------------------------------------------------------------


def folder_cases(tool: Tool, tally: Tally) -> None:
    """Pictures by their contents where the ending promises nothing; one line on what is skipped."""
    folder = tool.folder / "mixed"
    (folder / "deeper").mkdir(parents=True)
    picture = Image.new("RGB", (12, 10), (200, 30, 30))
    png, jpeg = saved(picture, "PNG"), saved(picture, "JPEG")
    pictures = {"a.jpe": jpeg, "b.jfif": png, "c": jpeg, "d.JPEG": jpeg, "e.png": png, "f.JFIF": jpeg}
    pictures |= {"w.webp": saved(picture, "WEBP"), "x.tif": saved(picture, "TIFF"), "y.bmp": saved(picture, "BMP"),
                 "z.GIF": saved(picture, "GIF"), "zz": saved(picture, "GIF")}
    others = {"g.txt": png, "h.TXT": b"", "i.heic": b"", "j": b"notes", "k.jfif": b"", ".l.png": png, "m.jpe": b"BM"}
    for name, data in {**pictures, **others}.items():
        (folder / name).write_bytes(data)
    os.mkfifo(folder / "pipe")
    result = tool.run(folder, "--json", "-")
    said = result.stderr.decode()
    found = [pathlib.Path(image["file"]).name for image in json.loads(result.stdout)["images"]]
    tally.add("folder: pictures", None if found == sorted(pictures) else f"{found}")
    skipped = "7 files: 2 without ending, 2 .txt, 1 .heic, 1 .jfif, 1 .jpe; 1 folder"
    expected = f"iourun: note: folder '{folder}': skipped {skipped}\n"
    tally.add("folder: what is skipped", None if said == expected and result.returncode == 0 else said)
    (folder / "deeper" / "a.png").write_bytes(png)
    (folder / "deeper" / "loop").symlink_to(folder)
    result = tool.run(folder, "--recursive", "--json", "-")
    found = [pathlib.Path(image["file"]).relative_to(folder) for image in json.loads(result.stdout)["images"]]
    deep = [pathlib.Path(name) for name in sorted([*pictures, "deeper/a.png"])]
    tally.add("folder: recursive", None if found == deep and b"folder;" not in result.stderr else f"{found}")
    for pattern, number in (("*.GIF", 1), ("[de].*", 2), ("deeper/?.png", 1)):
        result = tool.run(folder / pattern, "--json", "-")
        tally.add(f"pattern {pattern}", None if len(json.loads(result.stdout)["images"]) == number else result.stderr)
    tally.add("pattern of nothing", one_error(tool.run(folder / "*.xyz"), "*.xyz"))
    for name in pictures:
        (folder / name).unlink()
    tally.add("folder: nothing", one_error(tool.run(folder), "expected pictures (PNG, JPEG", "skipped 7 files"))
    for number in range(30):
        (folder / f"n.{number:02}").write_bytes(b"")
    tally.add("folder: many endings", one_error(tool.run(folder), "skipped 37 files", " others"))


def stream_cases(tool: Tool, tally: Tally) -> None:
    """Standard input, be it a file or a pipe, and pipes by their names."""
    path = tool.folder / "stream.png"
    Image.new("RGB", (700, 500), (1, 2, 3)).save(path)
    command = [IOURUN, tool.model, "-", "--json", "-"]
    with open(path, "rb") as file:
        whole = subprocess.run(command, stdin=file, capture_output=True, timeout=60)
    piped = subprocess.run(command, input=path.read_bytes(), capture_output=True, timeout=60)
    named = subprocess.run(["bash", "-c", f"{IOURUN} {tool.model} <(sleep 0.2; cat {path}) --json -"],
                           capture_output=True, timeout=60)
    for name, result in (("file", whole), ("pipe", piped), ("named pipe", named)):
        images = json.loads(result.stdout)["images"] if result.returncode == 0 else []
        right = [(image["width"], image["height"]) for image in images] == [(700, 500)]
        tally.add(f"standard input: {name}", None if right else result.stderr.decode())
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(path.read_bytes())
        ours.shutdown(socket.SHUT_WR)
        result = subprocess.run(command, stdin=theirs, capture_output=True, timeout=60)
    tally.add("standard input: a socket", None if result.returncode == 0 else result.stderr.decode())
    empty = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    tally.add("standard input: a device", one_error(empty, "a character device"))


# ---- Names ---------------------------------------------------------------------------------------------------------

NAMES = [
    b"line\nfeed.png",
    b"carriage\rreturn.png",
    b"quote\"and'.png",
    b"back\\slash.png",
    b"not utf8 \xff\xfe.png",
    b"cut \xe2\x82.png",
    "snow ☃ 🐈‍⬛.png".encode(),
    b"tab\tand bell\x07.png",
    b"escape\x1b[31m.png",
    b" blank .png",
    b"-dash.png",
    "lines\u2028paragraphs\u2029.png".encode(),
    "right \u202eto left.png".encode(),
    b"{}[]<>%s%n.png",
    b"l" * 251 + b".png",
    "ü".encode() * 125 + b".png",
    b".png.png",
    b"null\\u0000.png",
    b"delete\x7f.png",
    "surrogate \ud800.png".encode("utf-8", "surrogatepass"),
]


def name_cases(tool: Tool, tally: Tally) -> None:
    folder = os.fsencode(tool.folder / "names")
    os.mkdir(folder)
    data = saved(Image.new("RGB", (12, 10), (200, 30, 30)), "PNG")
    for name in NAMES:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
    paths = [os.path.join(folder, name) for name in NAMES]
    output, coco = tool.folder / "names_drawn", tool.folder / "names.coco.json"
    result = tool.run(*paths, "--json", "-", "--coco", coco, "--output", output, threshold="0")
    tally.add("names: status", None if result.returncode == 0 and not result.stderr else result.stderr.decode())
    report = json.loads(result.stdout.decode())
    expected = [path.decode(errors="replace") for path in paths]
    found = [image["file"] for image in report["images"]]
    # Each maximal part that is no UTF-8 is one U+FFFD in one decoder and several in another.
    tally.add(
        "names: JSON",
        None if [f.replace("\ufffd", "") for f in found] == [w.replace("\ufffd", "") for w in expected] else f"{found}",
    )
    entries = json.loads(coco.read_text())
    tally.add(
        "names: COCO", None if {e["image_id"] for e in entries} == set(range(1, len(NAMES) + 1)) else "ids are missing"
    )
    stems = sorted(name.rsplit(b".", 1)[0] + b".png" for name in NAMES)
    tally.add("names: pictures", None if sorted(os.listdir(os.fsencode(output))) == stems else f"{os.listdir(output)}")
    for name, path in zip(NAMES, paths, strict=True):
        text = tool.run(path, threshold="1").stdout.decode()
        tally.add(
            f"names: table of {name!r}",
            None if len(text.splitlines()) == 2 and "12 x 10, no detections" in text else repr(text),
        )
        os.truncate(path, 20)
        tally.add(f"names: error of {name!r}", one_error(tool.run(path), "truncated"))
        target = os.path.join(folder, b"absent", name)
        os.truncate(path, 0)
        tally.add(f"names: output {name!r}", one_error(tool.run(path, "--json", target)))
    tally.add(
        "names: nothing is left", None if sorted(os.listdir(folder)) == sorted(NAMES) else f"{os.listdir(folder)}"
    )


@pytest.mark.parametrize("group", [decoded_cases, refused_cases, mutated_cases, folder_cases, stream_cases, name_cases])
def test_pictures(group, tally, tmp_path):
    group(Tool(tmp_path), tally)
