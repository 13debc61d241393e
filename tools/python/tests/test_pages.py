"""The code of the pages and the examples does what they say."""

import json
import pathlib
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from conftest import MODEL, ROOT, Found

EXAMPLES = ROOT / "tools/python/examples"


@pytest.mark.parametrize("page", ["README.md", "tools/python/README.md", "docs/python.md"])
def test_code_of_a_page(page: str, tmp_path: pathlib.Path) -> None:
    """As a user's program in a folder with the model and the pictures."""
    for link in ("models", "Examples"):
        (tmp_path / link).symlink_to(ROOT / link)
    code = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.S | re.M)
    assert code
    (tmp_path / "page.py").write_text("\n".join(code), encoding="utf-8")
    ran = subprocess.run([sys.executable, "page.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0 and ran.stdout and not ran.stderr, ran.stdout + ran.stderr


def test_the_example_of_a_picture(smear: pathlib.Path, iourun: Callable[..., list[Found]]) -> None:
    """Prints what the examples in C and C++ have to print."""
    printed = subprocess.run([sys.executable, EXAMPLES / "detect.py", MODEL, smear], capture_output=True, text=True,
                             check=True).stdout
    found = iourun(smear, "--score-threshold", "0.5")[0]["detections"]
    assert printed == "".join(f"{one['label']} {one['score']:.3f} " + " ".join(f"{edge:.1f}" for edge in one["box"])
                              + "\n" for one in found)
    refused = subprocess.run([sys.executable, EXAMPLES / "detect.py", smear, smear], capture_output=True, text=True,
                             check=False)
    assert refused.returncode == 1 and "PNG" in refused.stderr and "Traceback" not in refused.stderr


@pytest.mark.full
def test_the_example_of_a_folder(tmp_path: pathlib.Path) -> None:
    """A worker is killed; a second run has nothing to do, and writes the list of the first."""
    command = [sys.executable, EXAMPLES / "ray_folder.py", ROOT / "Examples", "--out", tmp_path / "found", "--coco",
               tmp_path / "coco.json", "--batch-size", "1"]
    printed = subprocess.run([*command, "--kill-one"], capture_output=True, text=True, check=True).stdout
    assert "killing worker" in printed and "\n3 pictures in" in printed and "0 not readable" in printed
    written = (tmp_path / "coco.json").read_text()
    assert f" {len(json.loads(written))} objects in" in printed
    again = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "0 pictures in" in again and "3 done before" in again
    assert (tmp_path / "coco.json").read_text() == written
