"""The networks that are measured, and what they are measured on."""

import dataclasses
import pathlib
import subprocess
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / ".build" / "release"
FOLDER = ROOT / ".build-bench"


@dataclasses.dataclass(frozen=True)
class Case:
    """A network at one input size; `export` are options of `iouc export`, none for the shipped model."""

    network: str
    export: tuple[str, ...]
    height: int
    width: int
    one_thread: bool = False  # also measured with one thread where nothing else is asked for
    int8: bool = False  # quantized

    @property
    def name(self) -> str:
        return f"{self.network} {self.height}x{self.width}{' int8' * self.int8}"

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return 1, 3, self.height, self.width


R50 = ("--backbone", "resnet50")
R18 = ("--backbone", "resnet18")
R101 = ("--backbone", "resnet101")
RESNEXT = ("--backbone", "resnext101-32x4d")

CASES = (
    Case("R50", R50, 480, 640, one_thread=True),
    Case("R50", R50, 800, 1344, one_thread=True),
    Case("R18", R18, 320, 320),
    Case("R101", R101, 480, 640),
    Case("ResNeXt-101-32x4d", RESNEXT, 480, 640),
    Case("blood-cells", (), 480, 640),
    Case("R50", R50, 480, 640, int8=True),
    Case("R18", R18, 320, 320, int8=True),
    Case("R101", R101, 480, 640, int8=True),
    Case("ResNeXt-101-32x4d", RESNEXT, 480, 640, int8=True),
    Case("blood-cells", (), 480, 640, int8=True),
)


def stem(name: str) -> pathlib.Path:
    """The path of a case's files, without an ending."""
    FOLDER.mkdir(exist_ok=True)
    return FOLDER / name.replace(" ", "-")


def write_input(name: str, shape: tuple[int, ...]) -> pathlib.Path:
    """Seeded values as raw float32."""
    path = stem(name).with_suffix(".f32")
    np.random.default_rng(1).normal(0, 1, shape).astype(np.float32).tofile(path)
    return path


def export(case: Case) -> pathlib.Path:
    """The case's network in float32, made anew; or the shipped one."""
    if not case.export:
        return ROOT / "models" / "blood-cells.onnx"
    path = stem(dataclasses.replace(case, int8=False).name).with_suffix(".onnx")
    subprocess.run([BUILT / "iouc", "export", path, "--seed", "1", *case.export], check=True, stdout=sys.stderr)
    return path
