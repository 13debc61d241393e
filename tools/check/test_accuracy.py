"""The shipped detector's average precision on real pictures, against its model card.

The pictures are not part of the project: BCCD_VAL names their folder (images/ and annotations.json). Where it is
absent the test is skipped.
"""

import json
import os
import pathlib
import re
import subprocess

import pytest
from libiou import ROOT

DATA = pathlib.Path(os.environ.get("BCCD_VAL", ROOT.parent / "shared/data/bccd/val"))
TOLERANCE = 0.002


def card() -> dict[str, list[float]]:
    """AP, AP50 and AP75 by alpha, from the card's table."""
    rows = re.findall(r"^\| ([\d.]+) \([^|]*\) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$",
                      (ROOT / "models/blood-cells.md").read_text(encoding="utf-8"), re.MULTILINE)
    return {alpha: [float(value) for value in values] for alpha, *values in rows}


def measure(alphas: list[str]) -> list[list[float]]:
    """The same by iourun eval, which test_eval_model.py compares with pycocotools."""
    report = subprocess.run([ROOT / ".build/release/iourun", "eval", ROOT / "models/blood-cells.onnx", "--images",
                             DATA / "images", "--annotations", DATA / "annotations.json", "--alpha", ",".join(alphas),
                             "--json", "-"], check=True, stdout=subprocess.PIPE).stdout
    return [[row["coco"][name] for name in ("AP", "AP50", "AP75")] for row in json.loads(report)["alphas"]]


@pytest.mark.skipif(not (DATA / "annotations.json").exists(), reason=f"{DATA} is absent")
def test_card(tally):
    claims = card()
    assert claims, "models/blood-cells.md has no table of average precision"
    for (alpha, claim), found in zip(claims.items(), measure(list(claims))):
        wrong = any(abs(a - b) > TOLERANCE for a, b in zip(claim, found))
        tally.add(
            f"alpha {alpha}", f"AP, AP50, AP75 {', '.join(f'{v:.4f}' for v in found)}, card {claim}" if wrong else None
        )
