"""The networks that are measured, and their files."""

import dataclasses
import hashlib
import os
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

    name: str
    export: tuple[str, ...]
    height: int
    width: int
    one_thread: bool = False  # also measured with one thread where nothing else is asked for

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return 1, 3, self.height, self.width


CASES = (
    Case("R50 480x640", ("--backbone", "resnet50"), 480, 640, one_thread=True),
    Case("R50 800x1344", ("--backbone", "resnet50"), 800, 1344, one_thread=True),
    Case("R18 320x320", ("--backbone", "resnet18"), 320, 320),
    Case("R101 480x640", ("--backbone", "resnet101"), 480, 640),
    Case("ResNeXt-101-32x4d 480x640", ("--backbone", "resnext101-32x4d"), 480, 640),
    Case("blood-cells 480x640", (), 480, 640),
)


@dataclasses.dataclass(frozen=True)
class CaseFiles:
    """The ONNX model, the input as raw float32, and what pnnx made for ncnn (a reason where it failed)."""

    model: pathlib.Path
    images: pathlib.Path
    ncnn: pathlib.Path
    ncnn_problem: str

    def read(self) -> None:
        """Reads them once, so that every side finds them in memory."""
        for path in (self.model, self.images, self.ncnn, self.ncnn.with_suffix(".bin")):
            if path.exists():
                path.read_bytes()


def prepare(case: Case) -> CaseFiles:
    """Exports the model and converts it; a conversion is kept while the exported file stays the same."""
    model, images, ncnn = export(case), write_input(case.name, case.shape), _stem(case.name).with_suffix(".param")
    return CaseFiles(model, images, ncnn, _convert(model, case.shape, ncnn))


def _stem(name: str) -> pathlib.Path:
    FOLDER.mkdir(exist_ok=True)
    return FOLDER / name.replace(" ", "-")


def write_input(name: str, shape: tuple[int, ...]) -> pathlib.Path:
    """Seeded values as raw float32."""
    path = _stem(name).with_suffix(".f32")
    np.random.default_rng(1).normal(0, 1, shape).astype(np.float32).tofile(path)
    return path


def export(case: Case) -> pathlib.Path:
    """The case's model, made anew; or the shipped one."""
    if not case.export:
        return ROOT / "models" / "blood-cells.onnx"
    path = _stem(case.name).with_suffix(".onnx")
    subprocess.run([BUILT / "iouc", "export", path, "--seed", "1", *case.export], check=True, stdout=sys.stderr)
    return path


def _convert(model: pathlib.Path, shape: tuple[int, ...], param: pathlib.Path) -> str:
    """Lets pnnx write `param` and its .bin with float32 weights; returns what went wrong, or nothing."""
    stamp, digest = param.with_suffix(".stamp"), _digest(model)
    if stamp.exists() and stamp.read_text() == digest:
        return ""
    try:
        from importlib.util import find_spec
        converter = pathlib.Path(find_spec("pnnx").submodule_search_locations[0]) / "pnnx"
    except AttributeError:
        return "pnnx is not installed"
    scratch = param.with_suffix(".conversion")
    made = {kind: scratch / f"network.{kind}" for kind in (
        "pnnx.param", "pnnx.bin", "pnnx.onnx", "ncnn.param", "ncnn.bin")}
    scratch.mkdir(exist_ok=True)
    copy = scratch / "network.onnx"
    copy.unlink(missing_ok=True)
    copy.symlink_to(model.resolve())
    sides = ",".join(map(str, shape))
    done = subprocess.run(
        [converter, copy, f"inputshape=[{sides}]f32", "fp16=0", *(f"{k.replace('.', '')}={p}" for k, p in made.items()),
         f"pnnxpy={scratch}/network_pnnx.py", f"ncnnpy={scratch}/network_ncnn.py"],
        cwd=scratch, capture_output=True, text=True)
    if done.returncode != 0 or not made["ncnn.bin"].exists():
        return f"pnnx failed ({done.returncode}): {(done.stderr.strip().splitlines() or ['nothing said'])[-1]}"
    os.replace(made["ncnn.param"], param)
    os.replace(made["ncnn.bin"], param.with_suffix(".bin"))
    for left in scratch.iterdir():
        left.unlink()
    scratch.rmdir()
    stamp.write_text(digest)
    return ""


def _digest(path: pathlib.Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
