"""Configuration files: what is wrong in them is named, what is right comes back the same."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from train.config import FitOptions, ScheduleOptions, check_options
from train.config_file import ConfigError, build, describe, differences, dump, load, plain, with_values
from train.schedule import Schedule

CONFIGS = sorted((Path(__file__).resolve().parents[1] / "configs").glob("*.toml"))


def mistakes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "my.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(FitOptions, path)
    lines = str(caught.value).splitlines()
    assert all(str(path) in line for line in lines)
    return lines


@pytest.mark.parametrize(("text", "expected"), (
    ("[schedule]\nbtach = 4", "unknown key schedule.btach; did you mean batch?"),
    ("[shedule]", "unknown key shedule; did you mean schedule?"),
    ("[loss]\nzzz = 1", "unknown key loss.zzz; known are box, beta, iou"),
    ("[schedule]\nbatch = \"4\"", "schedule.batch: expected a whole number, not '4'"),
    ("[schedule]\nbatch = 4.0", "schedule.batch: expected a whole number, not 4.0"),
    ("[schedule]\nbatch = true", "schedule.batch: expected a whole number, not True"),
    ("[schedule]\nbatch = 0", "schedule.batch: 0 is below 1"),
    ("[schedule]\nclip = 0", "schedule.clip: 0.0 is not above 0.0"),
    ("[schedule]\nlr = nan", "schedule.lr: nan is not finite"),
    ("[augment]\nhue = 0.7", "augment.hue: 0.7 is above 0.5"),
    ("[loss]\niou = \"L1\"", "loss.iou: 'L1' is none of 'bce', 'l1', 'l2', 'none'"),
    ("[loss]\ndetach_iou_target = 1", "expected true or false, not 1"),
    ("[augment]\nshort_sizes = 320", "augment.short_sizes: expected a list, not 320"),
    ("[augment]\nshort_sizes = [320, \"x\"]", "augment.short_sizes: expected a whole number"),
    ("[data]\ntrain = \"folder\"", "data.train is a table, not a value"),
    ("loss = 3", "loss is a table, not a value"),
    ("[loss", "Expected ']'"),
    ("[run]\nseed = 99999999999999999999", "run.seed: 99999999999999999999 is above"),
    ("[schedule]\ndrops = [8, -1]", "schedule.drops: -1.0 is not above 0.0"),
    ("[schedule]\nmomentum = 5", "schedule.momentum: 5.0 is above 1.0"),
    ("[network]\nfpn_channels = 1000000", "network.fpn_channels: 1000000 is above 4096"),
))
def test_mistakes_in_a_file_are_named(text: str, expected: str, tmp_path: Path) -> None:
    line, = mistakes(tmp_path, text)
    assert expected in line


def test_all_mistakes_are_listed(tmp_path: Path) -> None:
    lines = mistakes(tmp_path, "[schedule]\nbatch = 0\nlr = \"x\"\n[run]\nthread = 2\n")
    assert ["schedule.batch" in lines[0], "schedule.lr" in lines[1], "run.thread;" in lines[2]] == \
        [True] * 3


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere.toml"):
        load(FitOptions, tmp_path / "nowhere.toml")
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="x.toml"):
        load(FitOptions, tmp_path / "x.toml")


def test_overrides(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text("[schedule]\nbatch = 4\nepochs = 3\n")
    options = load(FitOptions, path, ["schedule.batch=8", "loss.iou=l1", "data.train.images=a b",
                                      "augment.short_sizes=[256, 320]", "schedule.lr=1"])
    assert (options.schedule.batch, options.schedule.epochs, options.schedule.lr) == (8, 3.0, 1.0)
    assert options.loss.iou == "l1" and options.data.train.images == "a b"
    assert options.augment.short_sizes == (256, 320)
    for text, expected in (
            ("schedule.batch", "expected section.key=value"),
            ("schedule.btach=3", "--set schedule.btach=3: unknown key schedule.btach; did you"),
            ("schedule.batch=x", "--set schedule.batch=x: schedule.batch: expected a whole number"),
            ("schedule.batch.x=3", "schedule.batch is a value, not a table"),
            ("schedule=3", "schedule is a table, not a value"), ("=3", "unknown key")):
        with pytest.raises(ConfigError) as caught:
            load(FitOptions, path, [text])
        assert expected in str(caught.value)


def test_what_does_not_go_together() -> None:
    for overrides, expected in (
            ([], "schedule: needs either epochs or steps"),
            (["schedule.steps=3", "schedule.epochs=3"], "schedule: needs either epochs or steps"),
            (["data.val.images=x"], "data.val: needs images and annotations"),
            ([], "data.train: needs images and annotations"), ([], "run.out: needs a folder"),
            (["data.short=2000"], "data.short: 2000 is above data.long, 1333"),
            (["augment.crop=0.7", "augment.expand=0.7"], "augment: crop and expand"),
            (["data.classes=[\"a\", \"a\"]"], "data.classes: names a class twice")):
        with pytest.raises(ConfigError) as caught:
            check_options(load(FitOptions, None, overrides), "my.toml")
        assert f"my.toml: {expected}" in str(caught.value)


def test_the_resolved_configuration_comes_back(tmp_path: Path) -> None:
    options = load(FitOptions, None, ["augment.short_sizes=[256, 320]", "run.out=ü \"x\"",
                                      "data.classes=[\"a\"]", "schedule.warmup_start=0.1"])
    path = tmp_path / "config.toml"
    path.write_text(dump(options))
    assert load(FitOptions, path) == options
    assert build(FitOptions, plain(options), "checkpoint") == options
    other = load(FitOptions, path, ["schedule.batch=3"])
    assert differences(plain(options), plain(other)) == ["schedule.batch: 16 → 3"]


def test_the_list_of_keys_is_a_configuration(tmp_path: Path) -> None:
    path = tmp_path / "all.toml"
    path.write_text("\n".join(describe(FitOptions)))
    assert load(FitOptions, path) == FitOptions()


def test_values_by_key() -> None:
    options = with_values(FitOptions(), {"schedule.batch": 3, "data.classes": ("a",)}, "here")
    assert options.schedule.batch == 3 and options.data.classes == ("a",)
    with pytest.raises(ConfigError, match="here: unknown key schedule.x"):
        with_values(FitOptions(), {"schedule.x": 3}, "here")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_example_configurations(path: Path) -> None:
    check_options(load(FitOptions, path), str(path))


def test_the_authors_schedule() -> None:
    options = load(FitOptions, next(p for p in CONFIGS if p.stem == "coco-resnet50"))
    schedule = Schedule(options.schedule, samples=117266)
    epoch = 117266 / 16
    assert schedule.rate == pytest.approx(0.01)
    assert schedule.steps == 87950
    assert schedule.learning_rate(0) == pytest.approx(0.01 / 3)
    assert schedule.learning_rate(250) == pytest.approx(0.01 * 2 / 3)
    assert schedule.learning_rate(500) == pytest.approx(0.01)
    for drop, before, after in ((8, 0.01, 0.001), (11, 0.001, 0.0001)):
        assert schedule.learning_rate(math.ceil(drop * epoch) - 1) == pytest.approx(before)
        assert schedule.learning_rate(math.ceil(drop * epoch)) == pytest.approx(after)
    assert options.schedule.clip == 35 and options.schedule.weight_decay == 1e-4
    assert (options.data.long, options.data.short) == (1333, 800)
    assert options.network.frozen_stages == 1 and not options.loss.detach_iou_target


def test_lengths_in_steps_and_epochs() -> None:
    steps = Schedule(ScheduleOptions(steps=60, batch=4, lr=0.1, warmup=0, drops=(30.0, 50.0)), 10)
    assert (steps.steps, steps.to_steps(7), steps.interval(0)) == (60, 7, 3)
    assert [round(steps.learning_rate(s), 6) for s in (29, 30, 49, 50)] == [0.1, 0.01, 0.01, 0.001]
    epochs = Schedule(ScheduleOptions(epochs=2, batch=4, drops=(1.0,), warmup=0, lr=0.1), 10)
    assert (epochs.steps, epochs.to_steps(1), epochs.interval(1)) == (5, 3, 3)
    assert [round(epochs.learning_rate(s), 6) for s in (2, 3)] == [0.1, 0.01]
    assert epochs.epoch(5) == 2
    cosine = Schedule(ScheduleOptions(steps=100, decay="cosine", lr=0.1, warmup=0), 10)
    assert cosine.learning_rate(50) == pytest.approx(0.05)
    assert cosine.learning_rate(99) < 1e-4
