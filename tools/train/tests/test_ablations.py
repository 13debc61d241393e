"""Statistics and tables of the ablations, on made-up results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ablations.report import fill
from ablations.results import Result, Spread, read_results
from ablations.runs import QUEUE, Run, queue
from ablations.split import folders
from ablations.tables import baseline_table

NAMES = ("50", "60", "70", "75", "80", "90")


def result(variant: str, seed: int, ap: float) -> Result:
    rows = [{"alpha": alpha, "oracle": False, "ap": ap + bonus, "at": dict.fromkeys(NAMES, ap + bonus)}
            for alpha, bonus in ((1.0, 0.0), (0.5, 0.01 * seed))]
    return Result("bccd", variant, seed, {"pytorch": rows, "seconds": 60})


def test_spread_over_seeds() -> None:
    spread = Spread.of([0.40, 0.42, 0.44])
    assert (spread.mean, spread.deviation) == (pytest.approx(0.42), pytest.approx(0.02))
    assert spread.percent() == "42.0 ± 2.0"
    assert Spread.of([0.001, 0.003]).percent(signed=True) == "+0.2 ± 0.1"


def test_gains_are_of_the_same_seed() -> None:
    base = [result("baseline", seed, 0.4 + 0.1 * seed) for seed in range(3)]
    aware = [result("bce", seed, 0.4 + 0.1 * seed) for seed in range(3)]
    table = baseline_table(base + aware)
    assert "| bccd | RetinaNet | 50.0 ± 10.0 |" in table
    # Seeds differ by ten points, the gains 0, 1 and 2 by one.
    assert "| bccd | gain over RetinaNet | +1.0 ± 1.0 |" in table


def test_a_row_counts_when_its_seeds_are_in() -> None:
    assert baseline_table([result("baseline", 0, 0.4), result("bce", 0, 0.4)]).count("\n") == 2


def test_a_table_has_the_seeds_of_all_its_rows() -> None:
    base = [result("baseline", seed, 0.4) for seed in (0, 1, 2, 3)]
    aware = [result("bce", seed, 0.4) for seed in (0, 1, 2, 3, 5)]
    table = baseline_table([*base, result("baseline", 4, 0.9), *aware])
    assert "| bccd | RetinaNet | 40.0 ± 0.0 |" in table
    assert table.endswith("\n\nSeeds: bccd 4.\n")


def test_marked_parts_of_the_page_are_replaced() -> None:
    page = "a\n<!-- x -->\nold\n<!-- end -->\nb\n"
    assert fill(page, {"x": "new\n"}) == "a\n<!-- x -->\nnew\n<!-- end -->\nb\n"
    with pytest.raises(ValueError, match="0 places for 'y'"):
        fill(page, {"y": ""})


def test_what_is_fine_tuned_comes_after_its_baseline() -> None:
    runs = queue()
    assert len(runs) == 3 * len(QUEUE)
    for run in runs:
        assert run.needs is None or runs.index(run.needs) < runs.index(run)
    assert Run("bccd", "head-only", 2).needs == Run("bccd", "baseline", 2)


def test_every_fifth_picture_is_held_out(tmp_path: Path) -> None:
    source = tmp_path / "set" / "train"
    (source / "images").mkdir(parents=True)
    images = [{"id": i, "file_name": f"{i:02}.png"} for i in range(11)]
    (source / "annotations.json").write_text(json.dumps({
        "images": images, "categories": [],
        "annotations": [{"id": i, "image_id": i % 11} for i in range(22)]}))
    made = folders(tmp_path / "set", tmp_path / "work")
    parts = {name: json.loads((made / name / "annotations.json").read_text())
             for name in ("train", "val")}
    assert [i["id"] for i in parts["val"]["images"]] == [0, 5, 10]
    assert len(parts["val"]["annotations"]) == 6 and len(parts["train"]["annotations"]) == 16
    assert (made / "val" / "images").resolve() == (source / "images").resolve()


def test_committed_results_are_readable() -> None:
    folder = Path(__file__).parent.parent / "ablations" / "results"
    for found in read_results(folder):
        assert (found.data, found.variant) in QUEUE
        assert 0 < found.score(1)["AP"] < 1
