"""What all tests share: the shipped detector, pictures, and what iourun finds in them."""

import json
import os
import pathlib
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

import libiou

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODEL = ROOT / "models/blood-cells.onnx"
PICTURES = sorted((ROOT / "Examples").glob("*.png"))
TOOLS = ROOT / ".build/release"
Found = dict[str, Any]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="what takes minutes too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--full"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("full")])
        items[:] = [item for item in items if not item.get_closest_marker("full")]


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    """The package that is tested is the wheel's, and the tools are those of this repository."""
    assert ROOT / "tools/python/src" not in pathlib.Path(libiou.__file__).parents
    os.environ["IOU_TOOLS"] = str(TOOLS)


@pytest.fixture(scope="session")
def detector() -> libiou.Detector:
    return libiou.Detector(MODEL, threads=2)


@pytest.fixture(scope="session")
def smear() -> pathlib.Path:
    return ROOT / "Examples/smear.png"


@pytest.fixture
def iourun(tmp_path: pathlib.Path) -> Callable[..., list[Found]]:
    """What `iourun --json` finds in pictures, with its options."""

    def run(*arguments: object) -> list[Found]:
        found = tmp_path / "found.json"
        subprocess.run([str(one) for one in (TOOLS / "iourun", MODEL, *arguments, "--json", found)], check=True,
                       capture_output=True)
        images: list[Found] = json.loads(found.read_text())["images"]
        return images

    return run
