"""The suites: folders of cases, made where they do not lie there."""

import importlib.metadata
import pathlib
import subprocess
from dataclasses import dataclass

from onnx_cases import DATA, FOLDERS, lay_out_light, light_names

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "out/conformance"
NEWEST = ROOT / "tools/conformance/newest"


@dataclass(frozen=True)
class Suite:
    release: str
    name: str
    folder: pathlib.Path


def pinned() -> list[Suite]:
    """Those of the onnx that the checks use."""
    release = importlib.metadata.version("onnx")
    folders = {name: DATA / name for name in FOLDERS} | {"light": _light()}
    return [Suite(release, name, folder) for name, folder in folders.items()]


def newest() -> Suite:
    """The node tests of the newest onnx that is known here."""
    release = _pinned_release((NEWEST / "requirements.txt").read_text())
    folder = OUT / f"node-{release}"
    subprocess.run([NEWEST / "setup.sh"], check=True)
    subprocess.run([NEWEST / ".venv/bin/python", "-Wignore", NEWEST / "generate.py", folder], check=True)
    return Suite(release, "node", folder)


def _light() -> pathlib.Path:
    for name in light_names():
        lay_out_light(name, OUT / "light")
    return OUT / "light"


def _pinned_release(requirements: str) -> str:
    return next(line.removeprefix("onnx==") for line in requirements.splitlines() if line.startswith("onnx=="))
