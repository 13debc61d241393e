#!/usr/bin/env python3
"""Writes the pictures of Tests/Golden/images: files to decode, and the pixels they must give.

good/NAME.png or .jpg with NAME.ppm   must decode; PNG exactly, JPEG within 2 levels
bad/NAME                              must be refused as a bad picture
limit/NAME                            must be refused by the default limits

Needs Pillow (written with 13.0.0) and numpy. Output is the same on every run with one Pillow.
"""
import io
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

ROOT = Path(__file__).resolve().parent.parent / "Tests" / "Golden" / "images"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
WIDTH, HEIGHT = 16, 12
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
         (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
NAMES = {0: "gray", 2: "rgb", 3: "palette", 4: "grayalpha", 6: "rgba"}


def chunk(kind, data, crc=None, length=None):
    check = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data) if length is None else length) + kind + data + struct.pack(
        ">I", check)


def header(width, height, depth, color, interlace=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace))


def pack_rows(samples, depth):
    """Samples [height, width, channels] as filter-0 rows."""
    rows = b""
    for row in samples.reshape(samples.shape[0], -1):
        if depth == 16:
            data = row.astype(">u2").tobytes()
        elif depth == 8:
            data = row.astype(np.uint8).tobytes()
        else:
            bits = "".join(format(int(v), f"0{depth}b") for v in row)
            bits += "0" * (-len(bits) % 8)
            data = int(bits, 2).to_bytes(len(bits) // 8, "big")
        rows += b"\0" + data
    return rows


def raw_rows(samples, depth, interlace):
    if not interlace:
        return pack_rows(samples, depth)
    passes = (samples[y0::dy, x0::dx] for x0, y0, dx, dy in ADAM7)
    return b"".join(pack_rows(p, depth) for p in passes if p.size)


def expected_rgb(samples, depth, color, palette):
    if color == 3:
        return palette[samples[..., 0]].astype(np.uint8)
    scaled = np.rint(samples.astype(np.float64) * 255 / (2**depth - 1)).astype(np.uint8)
    colors = scaled[..., :3] if color in (2, 6) else scaled[..., :1]
    return np.broadcast_to(colors, (*samples.shape[:2], 3))


def write_ppm(path, rgb):
    height, width, _ = rgb.shape
    path.write_bytes(b"P6\n%d %d\n255\n" % (width, height) + np.ascontiguousarray(rgb).tobytes())


def good_png(folder, rng, color, depth, interlace, transparency=b""):
    samples = rng.integers(0, 2**depth, (HEIGHT, WIDTH, CHANNELS[color]))
    palette = rng.integers(0, 256, (2**min(depth, 8), 3))
    extra = chunk(b"PLTE", palette.astype(np.uint8).tobytes()) if color == 3 else b""
    if transparency:
        extra += chunk(b"tRNS", transparency)
    data = SIGNATURE + header(WIDTH, HEIGHT, depth, color, interlace) + extra
    data += chunk(b"IDAT", zlib.compress(raw_rows(samples, depth, interlace), 9))
    data += chunk(b"IEND", b"")
    name = f"{NAMES[color]}{depth}" + ("_adam7" if interlace else "") + (
        "_trns" if transparency else "")
    (folder / f"{name}.png").write_bytes(data)
    rgb = expected_rgb(samples, depth, color, palette)
    if depth <= 8:
        pillow = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        assert (pillow == rgb).all(), name
    write_ppm(folder / f"{name}.ppm", rgb)


def good_pngs(folder):
    rng = np.random.default_rng(20)
    depths = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
    for color, choices in depths.items():
        for depth in choices:
            for interlace in (0, 1):
                good_png(folder, rng, color, depth, interlace)
    good_png(folder, rng, 3, 4, 0, bytes(range(0, 240, 20)))
    good_png(folder, rng, 2, 8, 0, struct.pack(">HHH", 1, 2, 3))
    good_png(folder, rng, 0, 4, 0, struct.pack(">H", 5))


def smooth_picture():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    rgb = np.stack([40 + 11 * x, 220 - 15 * y, 30 + 4 * x + 9 * y], -1)
    return Image.fromarray(rgb.astype(np.uint8))


def good_jpegs(folder):
    def add(name, data):
        (folder / f"{name}.jpg").write_bytes(data)
        with Image.open(io.BytesIO(data)) as picture:
            upright = ImageOps.exif_transpose(picture).convert("RGB")
        write_ppm(folder / f"{name}.ppm", np.asarray(upright))

    def encode(picture, **options):
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=90, **options)
        return stream.getvalue()

    picture = smooth_picture()
    add("baseline", encode(picture))
    add("baseline_444", encode(picture, subsampling=0))
    add("progressive", encode(picture, progressive=True))
    add("restarts", encode(picture, restart_marker_blocks=1))
    add("gray", encode(picture.convert("L")))
    cmyk = encode(picture.convert("CMYK"))
    add("cmyk", cmyk)
    at = cmyk.index(b"Adobe") + 11
    add("ycck", cmyk[:at] + b"\x02" + cmyk[at + 1:])
    (folder / "no_end_marker.jpg").write_bytes(encode(picture)[:-2])
    write_ppm(folder / "no_end_marker.ppm", np.asarray(Image.open(folder / "baseline.jpg")))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        add(f"orientation{orientation}", encode(picture, exif=exif))
    big = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    add("orientation_big_endian", encode(picture, exif=big))
    add("orientation_header_twice", encode(picture, exif=big[:6] + big))
    two = big[:16] + struct.pack(">HHIHH", 0x0112, 3, 2, 6, 0) + bytes(4)
    add("orientation_two_values", encode(picture, exif=two))
    for name, exif in malformed_exif().items():
        data = encode(picture, exif=exif)
        (folder / f"exif_{name}.jpg").write_bytes(data)
        untouched = Image.open(io.BytesIO(data)).convert("RGB")
        write_ppm(folder / f"exif_{name}.ppm", np.asarray(untouched))


def malformed_exif():
    tiff = b"Exif\0\0II*\0"
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    return {
        "short": b"Exif\0\0II",
        "no_tiff": b"Exif\0\0XX*\0\x08\0\0\0" + bytes(20),
        "directory_outside": tiff + struct.pack("<I", 0xFFFFFFF0) + bytes(20),
        "directory_at_end": tiff + struct.pack("<I", 9) + b"\x01",
        "count_too_large": tiff + struct.pack("<IH", 8, 0xFFFF) + bytes(12),
        "value_nine": tiff + struct.pack("<IH", 8, 1) + entry.replace(b"\x06\0", b"\x09\0"),
        "wrong_type": tiff + struct.pack("<IH", 8, 1) + struct.pack("<HHIHH", 0x0112, 2, 1, 6, 0),
        "many_values": tiff + struct.pack("<IH", 8, 1) + struct.pack("<HHIHH", 0x0112, 3, 9, 6, 0),
    }


def bad_pngs(folder):
    rows = pack_rows(np.zeros((HEIGHT, WIDTH, 3), int), 8)
    ihdr, iend = header(WIDTH, HEIGHT, 8, 2), chunk(b"IEND", b"")
    idat = chunk(b"IDAT", zlib.compress(rows))

    def add(name, *parts):
        (folder / f"{name}.png").write_bytes(SIGNATURE + b"".join(parts))

    add("signature_only")
    add("no_idat", ihdr, iend)
    add("zero_width", header(0, 5, 8, 2), idat, iend)
    add("zero_height", header(5, 0, 8, 2), idat, iend)
    add("bad_crc_ihdr", ihdr[:-1] + b"\0", idat, iend)
    add("bad_crc_idat", ihdr, idat[:-1] + bytes([idat[-1] ^ 1]), iend)
    add("chunk_length_2_31", ihdr, chunk(b"IDAT", zlib.compress(rows), length=2**31), iend)
    add("chunk_too_long", ihdr, chunk(b"IDAT", zlib.compress(rows), length=2**31 - 1), iend)
    add("too_few_rows", ihdr, chunk(b"IDAT", zlib.compress(rows[:-49])), iend)
    add("broken_deflate", ihdr, chunk(b"IDAT", b"\x78\x9c\xff\xff\xff\xff"), iend)
    add("no_palette", header(8, 8, 8, 3), chunk(b"IDAT", zlib.compress(bytes(72))), iend)
    add("two_headers", ihdr, ihdr, idat, iend)
    add("depth_3", header(8, 8, 3, 0), idat, iend)
    add("palette_16", header(8, 8, 16, 3), idat, iend)
    add("color_type_5", header(8, 8, 8, 5), idat, iend)
    add("interlace_2", header(WIDTH, HEIGHT, 8, 2, 2), idat, iend)
    add("unknown_critical", ihdr, chunk(b"ABCD", b"x"), idat, iend)
    interlaced = chunk(b"IDAT", zlib.compress(
        raw_rows(np.zeros((HEIGHT, WIDTH, 3), int), 8, 1)[:150]))
    add("adam7_cut_in_pass_3", header(WIDTH, HEIGHT, 8, 2, 1), interlaced, iend)


def odd_pngs(folder):
    """Strange files that still have all their pixels."""
    rng = np.random.default_rng(21)
    samples = rng.integers(0, 256, (HEIGHT, WIDTH, 3))
    stream = zlib.compress(pack_rows(samples, 8))
    ihdr, iend, idat = header(WIDTH, HEIGHT, 8, 2), chunk(b"IEND", b""), chunk(b"IDAT", stream)
    bomb = zlib.compress(bytes(8 << 20), 9)

    def add(name, *parts, rgb=samples.astype(np.uint8)):
        (folder / f"odd_{name}.png").write_bytes(SIGNATURE + b"".join(parts))
        write_ppm(folder / f"odd_{name}.ppm", rgb)

    add("trailing_data", ihdr, idat, iend, b"more")
    add("no_iend", ihdr, idat)
    add("no_check_sum", ihdr, idat[:-4])
    turned = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    add("exif_with_header", ihdr, chunk(b"eXIf", turned), idat, iend,
        rgb=np.rot90(samples, -1).astype(np.uint8))
    pieces = [chunk(b"IDAT", stream[i:i + 1]) for i in range(len(stream))]
    add("one_byte_idats", ihdr, *pieces, iend)
    add("bad_crc_ancillary", ihdr, chunk(b"tEXt", b"a\0b", crc=1), idat, iend)
    add("gamma_zero", ihdr, chunk(b"gAMA", bytes(4)), chunk(b"cHRM", b"\xff" * 32), idat, iend)
    add("text_bomb", ihdr, chunk(b"zTXt", b"a\0\0" + bomb), idat, iend)
    add("profile_bomb", ihdr, chunk(b"iCCP", b"a\0\0" + bomb[:4000]), idat, iend)
    add("many_texts", ihdr, *[chunk(b"tEXt", b"a\0b")] * 300, idat, iend)
    add("wrong_trns_length", ihdr, chunk(b"tRNS", b"\0"), idat, iend)
    add("animated", ihdr, chunk(b"acTL", struct.pack(">II", 2, 0)), idat,
        chunk(b"fdAT", bytes(9)), iend)
    palette = np.array([[9, 8, 7], [200, 100, 50]], np.uint8)
    indices = np.zeros((2, 2, 1), int)
    indices[0, 0] = 1
    indices[1, 1] = 7
    outside = np.concatenate([palette, np.zeros((6, 3), np.uint8)])[indices[..., 0]]
    add("index_outside_palette", header(2, 2, 8, 3), chunk(b"PLTE", palette.tobytes()),
        chunk(b"IDAT", zlib.compress(pack_rows(indices, 8))), iend, rgb=outside)


def bad_others(folder):
    stream = io.BytesIO()
    smooth_picture().save(stream, "JPEG", quality=90)
    jpeg = stream.getvalue()
    (folder / "empty.png").write_bytes(b"")
    (folder / "page.png").write_bytes(b"<!doctype html><p>not found")
    (folder / "picture.gif").write_bytes(b"GIF89a" + bytes(20))
    (folder / "huge.ppm").write_bytes(b"P6 1099511627776 1 255\n")
    (folder / "only_start.jpg").write_bytes(jpeg[:2])
    (folder / "half.jpg").write_bytes(jpeg[:len(jpeg) * 2 // 3])
    (folder / "no_tables.jpg").write_bytes(jpeg[:2] + jpeg[jpeg.index(b"\xff\xc0"):])
    frame = jpeg.index(b"\xff\xc0")
    (folder / "twelve_bits.jpg").write_bytes(jpeg[:frame + 4] + b"\x0c" + jpeg[frame + 5:])
    (folder / "zero_height.jpg").write_bytes(jpeg[:frame + 5] + b"\0\0" + jpeg[frame + 7:])
    (folder / "arithmetic_cut.jpg").write_bytes(jpeg[:frame + 1] + b"\xc9" + jpeg[frame + 2:-20])


def beyond_limits(folder):
    rest = chunk(b"IDAT", zlib.compress(bytes(1 << 20), 9)) + chunk(b"IEND", b"")
    (folder / "area.png").write_bytes(SIGNATURE + header(65535, 65535, 1, 0) + rest)
    (folder / "side.png").write_bytes(SIGNATURE + header(2**31 - 1, 1, 8, 2) + rest)
    stream = io.BytesIO()
    smooth_picture().save(stream, "JPEG", quality=90)
    jpeg = stream.getvalue()
    frame = jpeg.index(b"\xff\xc0")
    size = struct.pack(">HH", 65500, 65500)
    (folder / "area.jpg").write_bytes(jpeg[:frame + 5] + size + jpeg[frame + 9:])


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    good, bad, limit = root / "good", root / "bad", root / "limit"
    for folder in (good, bad, limit):
        folder.mkdir(parents=True, exist_ok=True)
    good_pngs(good)
    good_jpegs(good)
    odd_pngs(good)
    bad_pngs(bad)
    bad_others(bad)
    beyond_limits(limit)


if __name__ == "__main__":
    main()
