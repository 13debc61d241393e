"""The module libiou._native for cffi: its declarations are the public headers' own, and the compiler compares both."""

import pathlib
import re

import cffi

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADERS = ROOT / "Sources/CIoU/include"
PICTURES = ROOT / "Sources/CIoUImage/include"
COLOURS = ROOT / "Sources/CIoUImage"

SOURCE = """
#include <iou/iou.h>
#include <iou/about.h>
#include <iou/image.h>
#include <stdlib.h>
#include "draw_palette.h"
uint32_t iou_draw_class_color(int32_t class_index);
"""


def declarations(header: pathlib.Path) -> str:
    """What a header declares: without comments, and of the preprocessor's lines only numbers."""
    text = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.S)
    text = re.sub(r'#ifdef __cplusplus\n.*?#endif\n', "", text, flags=re.S)
    lines = [line for line in text.splitlines() if not line.startswith("#") or re.match(r"#define \w+ \d+$", line)]
    return "\n".join(lines).replace("IOU_API ", "")


builder = cffi.FFI()
for path in (HEADERS / "iou/iou.h", HEADERS / "iou/about.h", PICTURES / "iou/image.h",
             COLOURS / "draw_palette.h"):
    builder.cdef(declarations(path))
builder.cdef("uint32_t iou_draw_class_color(int32_t class_index);")
builder.set_source(
    "libiou._native", SOURCE, include_dirs=[str(HEADERS), str(PICTURES), str(COLOURS)],
    libraries=["m", "pthread"],
    extra_link_args=[f"-Wl,--version-script={pathlib.Path(__file__).with_name('native.map').resolve()}", "-Wl,-s"])
