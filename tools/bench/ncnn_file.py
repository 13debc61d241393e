"""What pnnx makes of an ONNX file for ncnn."""

import importlib.util
import os
import pathlib
import subprocess
import tempfile

from bench.conversion import ConversionFailed, converted


def ncnn_file(model: pathlib.Path, shape: tuple[int, ...], param: pathlib.Path) -> pathlib.Path | str:
    """`param`, and its .bin beside it, with float32 weights; or why there is none."""
    return converted(model, param, "pnnx", lambda: _convert(model, shape, param))


def _convert(model: pathlib.Path, shape: tuple[int, ...], param: pathlib.Path) -> None:
    converter = pathlib.Path(importlib.util.find_spec("pnnx").submodule_search_locations[0]) / "pnnx"
    with tempfile.TemporaryDirectory(dir=param.parent) as folder:
        scratch = pathlib.Path(folder)
        made = {kind: scratch / f"network.{kind}" for kind in (
            "pnnx.param", "pnnx.bin", "pnnx.onnx", "ncnn.param", "ncnn.bin")}
        copy = scratch / "network.onnx"
        copy.symlink_to(model.resolve())
        sides = ",".join(map(str, shape))
        done = subprocess.run(
            [converter, copy, f"inputshape=[{sides}]f32", "fp16=0",
             *(f"{kind.replace('.', '')}={path}" for kind, path in made.items()),
             f"pnnxpy={scratch}/network_pnnx.py", f"ncnnpy={scratch}/network_ncnn.py"],
            cwd=scratch, capture_output=True, text=True)
        if done.returncode != 0 or not made["ncnn.bin"].exists():
            said = done.stderr.strip().splitlines() or ["nothing said"]
            raise ConversionFailed(f"pnnx failed ({done.returncode}): {said[-1]}")
        os.replace(made["ncnn.bin"], param.with_suffix(".bin"))
        os.replace(made["ncnn.param"], param)
