"""Augmentation: boxes follow their pictures, colours keep what they should, seeds decide all."""

from __future__ import annotations

import colorsys
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_data import draw_squares

from train.annotations import Classes
from train.augment import BatchPlan, Slot, draw_slots, make_batch, render, slot_size
from train.colour import ColourChange, change_colour
from train.config import AugmentOptions, DataOptions, SourceOptions
from train.dataset import DataSet, Sample, open_data
from train.preprocess import normalise, pad_batch, padded_size, prepare
from train.window import Window, boxes_in, draw_window, show

EVERYTHING = AugmentOptions(horizontal_flip=0.5, vertical_flip=0.5, crop=0.4, expand=0.4,
                            brightness=0.3, contrast=0.3, saturation=0.3, hue=0.1,
                            temperature=0.2)


def opened(data: Path) -> DataSet:
    return open_data(SourceOptions(f"{data}/images", f"{data}/annotations.json"), DataOptions(),
                     Classes())


def plan(**more: object) -> BatchPlan:
    return BatchPlan(**{"batch": 4, "seed": 3, "short_sizes": (64, 96), "aspect": 1.5,
                        "extra_fraction": 0.5, "augment": EVERYTHING, **more})


def dark_box(pixels: torch.Tensor) -> list[int]:
    """The edges of what is darker than the noise of `draw_squares` ever is."""
    dark = (pixels < 110).all(dim=0)
    rows, columns = dark.any(dim=1).nonzero(), dark.any(dim=0).nonzero()
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]


def test_boxes_follow_flips_and_windows(data: Path) -> None:
    sample = opened(data).sample(0)
    x1, y1, x2, y2 = (int(v) for v in sample.boxes[0])
    windows = (None, Window(x1 // 2, y1 // 2, 96, 64), Window(-20, -9, 130, 80),
               Window(x1 + 3, y1 + 5, x2 - 2, y2 - 4))
    for window in windows:
        for flips in ((False, False), (True, False), (False, True), (True, True)):
            slot = Slot(0, *flips, 1000, 64, window)
            height, width = window.size() if window else (64, 96)
            shown = render(sample, slot._replace(short=min(height, width)))
            raw = shown.pixels * torch.tensor((58.395, 57.12, 57.375)).view(3, 1, 1) + \
                torch.tensor((123.675, 116.28, 103.53)).view(3, 1, 1)
            assert shown.boxes.round().int().tolist() == [dark_box(raw)]


def test_a_window_keeps_boxes_whose_centres_it_holds() -> None:
    boxes = torch.tensor([[0, 0, 10, 10], [8, 8, 30, 30], [40, 40, 60, 60]]).float()
    found, kept = boxes_in(boxes, Window(5, 6, 45, 50))
    # The first one's centre is on the window's edge but not below it; the third one's is outside.
    assert kept.tolist() == [1]
    assert found.tolist() == [[3, 2, 25, 24]]
    found, kept = boxes_in(boxes, Window(5, 5, 51, 51))
    assert kept.tolist() == [0, 1, 2]
    assert found.tolist() == [[0, 0, 5, 5], [3, 3, 25, 25], [35, 35, 46, 46]]
    assert boxes_in(torch.zeros((0, 4)), Window(0, 0, 5, 5))[0].shape == (0, 4)


def test_windows_hold_a_box_and_stay_in_their_limits() -> None:
    boxes = torch.tensor([[2, 2, 6, 6]]).float()
    options = AugmentOptions(crop=0.5, crop_least=0.3, expand=0.5, expand_most=2.0)
    kinds = set()
    for seed in range(200):
        window = draw_window(np.random.default_rng(seed), (40, 60), boxes, options)
        if window is None:
            kinds.add("whole")
            continue
        height, width = window.size()
        kinds.add("part" if height <= 40 else "canvas")
        if height <= 40 and width <= 60:
            assert window.x1 >= 0 and window.y1 >= 0 and window.x2 <= 60 and window.y2 <= 40
            assert height >= 12 and width >= 18
        else:
            assert window.x1 <= 0 and window.y1 <= 0 and window.x2 >= 60 and window.y2 >= 40
            assert height <= 80 and width <= 120
        assert len(boxes_in(boxes, window)[1]) == 1
    assert kinds == {"whole", "part", "canvas"}
    assert draw_window(np.random.default_rng(0), (40, 60), boxes, AugmentOptions()) is None


def test_a_canvas_has_the_mean_colour() -> None:
    picture = np.full((2, 3, 3), 7, dtype=np.uint8)
    canvas = show(picture, Window(-1, -2, 4, 3))
    assert canvas.shape == (5, 5, 3)
    assert canvas[2:4, 1:4].tolist() == picture.tolist()
    assert canvas[0, 0].tolist() == [124, 116, 104]
    assert (canvas == 7).all(axis=2).sum() == 6


def picture_of(*colours: tuple[int, int, int]) -> torch.Tensor:
    return torch.tensor(colours).float().T.reshape(3, 1, -1)


def test_colour_changes_by_hand() -> None:
    pixels = picture_of((100, 50, 20), (40, 80, 120))
    assert torch.equal(change_colour(pixels, ColourChange()), pixels)
    assert torch.allclose(change_colour(pixels, ColourChange(brightness=1.5)), pixels * 1.5,
                          atol=1e-3)
    assert change_colour(pixels, ColourChange(brightness=9)).max() == 255
    luma = 0.299 * 70 + 0.587 * 65 + 0.114 * 70
    assert torch.allclose(change_colour(pixels, ColourChange(contrast=0.5)),
                          (pixels - luma) / 2 + luma, atol=1e-3)
    own = torch.tensor((0.299, 0.587, 0.114)).view(3, 1, 1).mul(pixels).sum(dim=0)
    assert torch.allclose(change_colour(pixels, ColourChange(saturation=0)),
                          own.expand(3, -1, -1), atol=0.1)
    balance = torch.tensor((1.2, 1.0, 0.8)).view(3, 1, 1)
    assert torch.allclose(change_colour(pixels, ColourChange(temperature=0.2)), pixels * balance,
                          atol=1e-3)


def test_hue_turns_colours_and_keeps_luma_and_grey() -> None:
    grey = picture_of((90, 90, 90))
    assert torch.allclose(change_colour(grey, ColourChange(hue=0.3)), grey, atol=0.1)
    red = picture_of((150, 60, 60))
    weights = torch.tensor((0.299, 0.587, 0.114)).view(3, 1, 1)
    before = colorsys.rgb_to_hsv(*red.flatten().tolist())[0]
    for turn in (-0.1, 0.1):
        changed = change_colour(red, ColourChange(hue=turn))
        assert (changed * weights).sum() == pytest.approx((red * weights).sum().item(), abs=0.2)
        after = colorsys.rgb_to_hsv(*changed.flatten().tolist())[0]
        # The circles of YIQ and HSV are alike, not the same.
        assert abs((after - before + 0.5) % 1 - 0.5) == pytest.approx(0.1, abs=0.05)
    opposite = change_colour(red, ColourChange(hue=0.5))
    assert opposite[0, 0, 0] < opposite[1, 0, 0]


def test_a_batch_depends_on_seed_and_step_only(tmp_path: Path) -> None:
    first, second = (opened(draw_squares(tmp_path / name)) for name in "ab")
    for step in (0, 7):
        slots = [[slot for _, slot in draw_slots(data, data, plan(), step)]
                 for data in (first, second)]
        assert slots[0] == slots[1]
        batches = [make_batch(draw_slots(data, data, plan(), step)) for data in (first, second)]
        assert torch.equal(batches[0].inputs[0], batches[1].inputs[0])
    assert draw_slots(first, first, plan(), 0) != draw_slots(first, first, plan(), 1)
    assert draw_slots(first, first, plan(seed=4), 0) != draw_slots(first, first, plan(), 0)


def test_shares_of_a_batch_are_the_batch(data: Path) -> None:
    source = opened(data)
    for step in range(5):
        slots = draw_slots(source, source, plan(), step)
        whole = make_batch(slots)
        parts = [make_batch(slots, slice(i, i + 2)) for i in (0, 2)]
        assert torch.equal(torch.cat([p.inputs[0] for p in parts]), whole.inputs[0])
        boxes = parts[0].boxes + parts[1].boxes
        assert all(torch.equal(a, b) for a, b in zip(boxes, whole.boxes, strict=True))


def test_sizes_are_known_without_pictures(data: Path) -> None:
    source = opened(data)
    for step in range(8):
        for part, slot in draw_slots(source, None, plan(), step):
            shown = render(part.sample(slot.index), slot)
            assert slot_size(part, slot) == tuple(shown.pixels.shape[1:])


def test_every_picture_comes_once_an_epoch(data: Path) -> None:
    source = opened(data)
    steps = [draw_slots(source, None, plan(batch=3), step) for step in range(4)]
    indices = [slot.index for slots in steps for _, slot in slots]
    assert sorted(indices[:6]) == sorted(indices[6:]) == list(range(6))
    assert indices[:6] != indices[6:]


def test_without_options_a_batch_is_the_prepared_picture(data: Path) -> None:
    sample = opened(data).sample(1)
    shown = render(sample, Slot(1, False, False, 96, 64))
    assert torch.equal(shown.pixels, prepare(sample.picture, 96, 64).pixels)
    assert torch.equal(shown.boxes, sample.boxes)
    assert isinstance(sample, Sample)


def test_padding() -> None:
    assert padded_size([(33, 64), (20, 65)]) == (64, 96)
    batch = pad_batch([normalise(torch.full((3, 2, 3), 200.0))], (32, 64))
    assert batch.shape == (1, 3, 32, 64)
    assert batch[0, :, 2:].abs().max() == 0 and batch[0, :, :2, :3].abs().min() > 0
