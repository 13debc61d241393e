"""Two workers of a local Ray, one of which is killed in the middle; runs that go on; pictures from anywhere."""

import json
import os
import pathlib
import signal
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import PIL.Image
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import MODEL, PICTURES, TOOLS

import libiou
from libiou import IoUError

os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_DATA_DISABLE_PROGRESS_BARS="1", RAY_AUTH_MODE="disabled")
import ray as ray_itself  # noqa: E402

from libiou import ray  # noqa: E402

COUNT = 60


@pytest.fixture(scope="module", autouse=True)
def local_ray() -> Iterator[None]:
    ray_itself.init(num_cpus=2, include_dashboard=False, object_store_memory=100_000_000, log_to_driver=False,
                    logging_level="ERROR")
    yield
    ray_itself.shutdown()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Parts of pictures, all of them different, one that is cut short and one that is a text."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(COUNT):
        with PIL.Image.open(PICTURES[number % 3]) as picture:
            left, top = number * 3, number * 2
            picture.convert("RGB").crop((left, top, left + 160, top + 120)).save(folder / f"{number:03}.png")
    whole = (folder / "000.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "text.jpg").write_text("no picture")
    return folder


def rows(out: pathlib.Path, key: str = "path") -> list[dict[str, Any]]:
    return [row for table in ray.Results(out, key).tables() for row in table.to_pylist()]


def assert_whole(found: list[dict[str, Any]], folder: pathlib.Path, detector: libiou.Detector) -> None:
    """Every picture once, with the boxes that it has alone."""
    assert sorted(row["path"] for row in found) == sorted(map(str, folder.iterdir()))
    for row in found:
        if pathlib.Path(row["path"]).stem in ("cut", "text"):
            assert row["error"] and "\n" not in row["error"] and row["boxes"] == []
            continue
        alone = detector(row["path"])
        assert row["error"] is None and (row["width"], row["height"]) == (160, 120)
        np.testing.assert_array_equal(np.array(row["boxes"], np.float32).reshape(-1, 4), alone.xyxy)
        for name, column in (("scores", alone.scores), ("probabilities", alone.probabilities), ("ious", alone.ious)):
            np.testing.assert_array_equal(np.array(row[name], np.float32), column)
        assert row["labels"] == alone.labels.tolist() and row["names"] == alone.names


def test_a_worker_is_killed(folder: pathlib.Path, detector: libiou.Detector, tmp_path: pathlib.Path) -> None:
    workers: list[int] = []

    def kill_the_second(batch: Mapping[str, Any]) -> None:
        workers.append(batch["worker"])
        if len(workers) == 2:
            os.kill(batch["worker"], signal.SIGKILL)

    report = ray.run(folder, MODEL, tmp_path, workers=2, batch_size=3, on_batch=kill_the_second)
    assert workers[1] not in workers[6:] and len(set(workers)) >= 2
    found = rows(tmp_path)
    assert_whole(found, folder, detector)
    assert report[:4] == (COUNT + 2, 0, 2, sum(len(row["scores"]) for row in found))

    # What a worker that takes a dead one's place finds of a batch.
    results = ray.Results(tmp_path)
    for table in results.tables():
        assert results.written(table["path"]).equals(table)
        assert results.written(pa.chunked_array([["another.png"]])) is None

    # Nothing is left to do, but for failures that are asked for again.
    again = ray.run(folder, MODEL, tmp_path, workers=1)
    assert again[:4] == (0, COUNT + 2, 0, 0)
    again = ray.run(folder, MODEL, tmp_path, workers=1, retry_failures=True)
    assert again[:4] == (2, COUNT, 2, 0)
    assert_whole(rows(tmp_path), folder, detector)


def test_a_run_that_was_ended_goes_on(folder: pathlib.Path, detector: libiou.Detector, tmp_path: pathlib.Path) -> None:
    class Ended(Exception):
        pass

    def end(batch: Mapping[str, Any]) -> None:
        raise Ended

    with pytest.raises(Ended):
        ray.run(folder, MODEL, tmp_path, workers=2, batch_size=4, on_batch=end)
    done = len(rows(tmp_path))
    assert 0 < done
    (tmp_path / "_part-left.parquet.0").write_text("half a file")
    report = ray.run(folder, MODEL, tmp_path, workers=2, batch_size=4)
    assert report.pictures + report.skipped == COUNT + 2 and report.skipped >= done
    assert_whole(rows(tmp_path), folder, detector)
    assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith("_")) == ["_libiou.json"]
    for options, model, line in (({"alpha": 1.0}, MODEL, "expected the options {}"),
                                 ({}, MODEL.with_name("blood-cells-int8.onnx"), "expected the model")):
        with pytest.raises(IoUError, match=line):
            ray.run(folder, model, tmp_path, **options)


def test_bytes_of_parquet(folder: pathlib.Path, detector: libiou.Detector, tmp_path: pathlib.Path) -> None:
    """Pictures in a column, numbers as keys, the model as bytes, options, and rows without a picture."""
    names = sorted(folder.glob("00?.png"))
    (tmp_path / "in.parquet").mkdir()
    pq.write_table(pa.table({"id": [*range(10), 10], "jpeg": [*(one.read_bytes() for one in names), None]}),
                   tmp_path / "in.parquet/0.parquet")
    report = ray.run(tmp_path / "in.parquet", MODEL.read_bytes(), tmp_path / "out", key="id", column="jpeg", workers=2,
                     batch_size=2, score_threshold=0.5)
    assert report[:3] == (11, 0, 1)
    found = sorted(rows(tmp_path / "out", "id"), key=lambda row: row["id"])
    for row, name in zip(found, names, strict=False):
        np.testing.assert_array_equal(np.array(row["scores"], np.float32), detector(name, score_threshold=0.5).scores)
    assert "found NoneType" in found[10]["error"]
    for nothing in ("nothing*.png", "nothing.parquet", "out"):
        with pytest.raises(IoUError, match=r"found none"):
            ray.pictures(tmp_path / nothing)


def test_uris(folder: pathlib.Path, detector: libiou.Detector, tmp_path: pathlib.Path) -> None:
    """Pictures, results and Parquet files behind URIs; a name with a space, and one that is not there."""
    there = tmp_path / "a folder"
    (there / "deeper").mkdir(parents=True)
    for name, target in (("000.png", "one 0.png"), ("001.png", "deeper/two.png"), ("text.jpg", "text.jpg")):
        (there / target).write_bytes((folder / name).read_bytes())
    uris = ray.pictures(there.as_uri()).take_all()
    assert sorted(one["path"] for one in uris) == sorted(
        (there / one).as_uri() for one in ("one 0.png", "deeper/two.png", "text.jpg"))
    out = (tmp_path / "out").as_uri()
    report = ray.run([*(one["path"] for one in uris), (there / "gone.png").as_uri()], MODEL, out, workers=1)
    assert report[:3] == (4, 0, 2)
    for row in (row for table in ray.Results(out).tables() for row in table.to_pylist()):
        stem = pathlib.Path(row["path"]).stem
        if stem in ("gone", "text"):
            assert row["error"] and "\n" not in row["error"]
        else:
            alone = detector(folder / ("001.png" if stem == "two" else "000.png"))
            np.testing.assert_array_equal(np.array(row["scores"], np.float32), alone.scores)
    assert ray.run(there.as_uri(), MODEL, out, workers=1)[:2] == (0, 4)


def test_a_dataset(folder: pathlib.Path, detector: libiou.Detector) -> None:
    """`detect` alone, on a glob and a list, in a chain of Ray Data."""
    dataset = ray.pictures(str(folder / "00[0-4].png")).union(ray.pictures([folder / "005.png", folder / "005.png"]))
    found = ray.detect(dataset, MODEL, workers=1, max_detections=3).filter(lambda row: row["error"] is None).take_all()
    assert len(found) == 6
    for row in found:
        assert row["labels"] == detector(row["path"], max_detections=3).labels.tolist()
    for options, error in (({"alpha": "x"}, TypeError), ({"nothing": 1}, TypeError), ({"alpha": -1}, ValueError)):
        with pytest.raises(error):
            ray.detect(dataset, MODEL, **options)


def test_coco(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """The list that iourun writes of the same pictures, with numbers of an annotations file and without."""
    names = sorted(folder.glob("00?.png"))
    (tmp_path / "annotations.json").write_text(json.dumps({
        "images": [{"id": 100 - i, "file_name": one.name, "width": 160, "height": 120} for i, one in enumerate(names)],
        "annotations": [],
        "categories": [{"id": i, "name": name} for i, name in enumerate(("RBC", "WBC", "Platelets"), 1)]}))
    ray.run(names, MODEL, tmp_path / "out", batch_size=4, workers=2)
    for options in ([], ["--annotations", tmp_path / "annotations.json"]):
        subprocess.run([TOOLS / "iourun", MODEL, *names, "--coco", tmp_path / "coco.json", *options], check=True,
                       capture_output=True)
        expected = json.loads((tmp_path / "coco.json").read_text())
        count = ray.write_coco(tmp_path / "out", tmp_path / "mine.json", annotations=options[1] if options else None)
        mine = json.loads((tmp_path / "mine.json").read_text())
        assert count == len(mine) == len(expected) > 100

        def sorted_rows(entries: list[dict[str, Any]]) -> list[Any]:
            return sorted((one["image_id"], -np.float32(one["score"]), one["category_id"],
                           tuple(np.float32(one["bbox"]))) for one in entries)

        assert sorted_rows(mine) == sorted_rows(expected)
    with pytest.raises(IoUError, match="found none"):
        ray.write_coco(tmp_path / "nowhere", tmp_path / "mine.json")
