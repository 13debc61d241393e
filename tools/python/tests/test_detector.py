"""Pictures of every kind, options, and detections scored again, against iourun's boxes."""

import io
import pathlib
from collections.abc import Callable

import numpy as np
import PIL.Image
import pytest
from conftest import MODEL, PICTURES, ROOT, Found
from same_boxes import assert_equal, assert_same

import libiou
from libiou import Detector, IoUError, Status


def pixels(path: pathlib.Path) -> np.ndarray:
    return np.asarray(PIL.Image.open(path).convert("RGB"))


def test_the_boxes_of_iourun(detector: Detector, iourun: Callable[..., list[Found]]) -> None:
    found = detector(PICTURES)
    assert all(len(one) > 10 for one in found)
    for one, image in zip(found, iourun(*PICTURES), strict=True):
        assert_same(one, image)


def test_the_boxes_of_bytes(smear: pathlib.Path, iourun: Callable[..., list[Found]]) -> None:
    """The int8 model, opened from its bytes."""
    model = (ROOT / "models/blood-cells-int8.onnx").read_bytes()
    found = Detector(model, threads=1)(smear)
    assert len(found) > 10
    assert_equal(found, Detector(ROOT / "models/blood-cells-int8.onnx")(smear))


@pytest.mark.parametrize("options", [{"alpha": 1.0}, {"score_threshold": 0.7}, {"nms_threshold": 0.2},
                                     {"max_detections": 3}, {"alpha": 0.3, "score_threshold": 0.5}])
def test_options(options: dict[str, float], detector: Detector, smear: pathlib.Path,
                 iourun: Callable[..., list[Found]]) -> None:
    arguments = [part for key, value in options.items() for part in ("--" + key.replace("_", "-"), value)]
    expected = iourun(smear, *arguments)[0]
    assert_same(detector(smear, **options), expected)
    assert_same(detector(smear).rescore(**options), expected)
    for batch in (False, True):
        assert_same(detector([smear, smear], batch=batch)[1].rescore(**options), expected)


def test_pictures_of_every_kind(detector: Detector, smear: pathlib.Path) -> None:
    expected, rgb = detector(smear), pixels(smear)
    alpha = np.dstack([rgb, np.full(rgb.shape[:2], 7, np.uint8)])
    wide = np.zeros((480, 700, 3), np.uint8)
    wide[:, 20:660] = rgb
    deep = np.zeros((480, 640, 5), np.uint8)
    deep[:, :, :3] = rgb
    for picture in (str(smear), smear.read_bytes(), bytearray(smear.read_bytes()), memoryview(smear.read_bytes()), rgb,
                    alpha, wide[:, 20:660], deep[:, :, :3], np.asfortranarray(rgb), rgb[::-1].copy()[::-1],
                    PIL.Image.open(smear), PIL.Image.fromarray(alpha), PIL.Image.fromarray(rgb)):
        assert_equal(detector(picture), expected)
    for picture in (rgb[:, :, ::-1], rgb[:, :, ::-1].copy(), np.dstack([rgb[:, :, ::-1], alpha[:, :, 3]])):
        assert_equal(detector(picture, format="bgr"), expected)
    several = detector([smear, rgb, PICTURES[1]])
    assert_equal(several[0], expected)
    assert_equal(several[1], expected)
    assert_equal(several[2], detector(PICTURES[1]))
    assert detector([]) == detector([], batch=True) == []


def test_a_batch(detector: Detector, smear: pathlib.Path) -> None:
    """Pictures of one size have the boxes that they have alone; those of other sizes nearly."""
    mirrored = pixels(smear)[:, ::-1]
    for one, alone in zip(detector([smear, mirrored], batch=True), detector([smear, mirrored]), strict=True):
        assert_equal(one, alone)
        assert one._run is not alone._run
    together = detector(PICTURES, batch=True, score_threshold=0.8)
    for one, alone in zip(together, detector(PICTURES, score_threshold=0.8), strict=True):
        assert abs(len(one) - len(alone)) <= 2
    with pytest.raises(IoUError, match="those of an earlier one"):
        together[0].rescore()
    together = detector(PICTURES, batch=True)
    for one in together:
        assert_equal(one.rescore(), one)


def test_gray(detector: Detector, smear: pathlib.Path) -> None:
    gray = np.asarray(PIL.Image.open(smear).convert("L"))
    expected = detector(np.dstack([gray] * 3))
    assert len(expected) > 0
    assert_equal(detector(gray), expected)
    assert_equal(detector(gray[:, :, np.newaxis]), expected)
    assert_equal(detector(PIL.Image.fromarray(gray)), expected)


def test_files_are_turned_and_pillow_is_not(detector: Detector, smear: pathlib.Path, tmp_path: pathlib.Path) -> None:
    picture = PIL.Image.open(smear)
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.png", exif=exif)
    turned = detector(tmp_path / "turned.png")
    assert (turned.width, turned.height) == (480, 640)
    assert_equal(detector(PIL.Image.open(tmp_path / "turned.png")), detector(smear))


def test_a_picture_is_not_changed(detector: Detector, smear: pathlib.Path) -> None:
    rgb = pixels(smear).copy()
    before = rgb.copy()
    detector(rgb).plot()
    np.testing.assert_array_equal(rgb, before)


def test_rescoring_needs_the_last_run(detector: Detector, smear: pathlib.Path) -> None:
    first = detector(smear)
    second = detector(PICTURES[1])
    assert_equal(second.rescore(), second)
    with pytest.raises(IoUError, match="those of an earlier one") as caught:
        first.rescore()
    assert caught.value.status == Status.INVALID_ARGUMENT
    with pytest.raises(IoUError, match="deadline"):
        detector(smear, timeout=0)
    with pytest.raises(IoUError, match="those of an earlier one"):
        second.rescore()


def test_one_picture_of_many_fails(detector: Detector, smear: pathlib.Path) -> None:
    with pytest.raises(IoUError, match=r"^picture 1: picture '/none.png': ") as caught:
        detector([smear, "/none.png"])
    assert caught.value.status == Status.IO_ERROR
    with pytest.raises(TypeError, match=r"^picture 2: picture: expected pixels of uint8, found float32"):
        detector([smear, smear, np.zeros((4, 4, 3), np.float32)])


@pytest.mark.parametrize("picture, error, line", [
    (None, TypeError, "found NoneType"), (7, TypeError, "found int"), (object(), TypeError, "found object"),
    (np.zeros((4, 4, 3)), TypeError, "found float64"), (np.zeros((4, 4, 3), np.int8), TypeError, "found int8"),
    (np.zeros(4, np.uint8), ValueError, r"found \(4,\)"), (np.zeros((4, 4, 2), np.uint8), ValueError, r"\(4, 4, 2\)"),
    (np.zeros((1, 4, 4, 3), np.uint8), ValueError, r"\(1, 4, 4, 3\)"),
    (np.zeros((3, 4, 5), np.uint8), ValueError, r"\(3, 4, 5\)"),
    (np.zeros((0, 4, 3), np.uint8), ValueError, "found 4 x 0"), (np.zeros((4, 0), np.uint8), ValueError, "found 0 x 4"),
    (np.array("x"), TypeError, "found <U1"), (PIL.Image.new("I;16", (4, 4)), ValueError, "mode 'I;16'"),
    (PIL.Image.new("F", (4, 4)), ValueError, "mode 'F'"), ("a\0b", ValueError, "zero byte"),
    (b"", IoUError, "picture"), (b"\x89PNG\r\n\x1a\n", IoUError, "png: "), (b"\xff\xd8\xff\xe0", IoUError, "jpeg: "),
    (ROOT, IoUError, "picture"), ("", IoUError, "picture"),
])
def test_wrong_pictures(picture: object, error: type[Exception], line: str, detector: Detector) -> None:
    with pytest.raises(error, match=line) as caught:
        detector(picture)  # type: ignore[call-overload]
    assert "\n" not in str(caught.value)


def test_malformed_pictures(detector: Detector, smear: pathlib.Path) -> None:
    """Every cut and many changed bytes of files: an error of one line, or a picture."""
    png = smear.read_bytes()
    buffer = io.BytesIO()
    PIL.Image.open(smear).convert("RGB").resize((64, 48)).save(buffer, "jpeg")
    outcomes = set()
    random = np.random.default_rng(3)
    for whole in (png[:3000], buffer.getvalue()):
        for length in range(0, len(whole), max(1, len(whole) // 40)):
            changed = bytearray(whole[:length])
            for at in random.integers(0, length, 3) if length else ():
                changed[at] ^= 255
            try:
                detector(bytes(changed))
                outcomes.add("read")
            except IoUError as error:
                assert error.status in (Status.BAD_IMAGE, Status.LIMIT) and "\n" not in str(error)
                outcomes.add("refused")
    assert "refused" in outcomes


@pytest.mark.parametrize("options, error, line", [
    ({"alpha": -1}, ValueError, "alpha: expected a number from 0"), ({"alpha": 2}, IoUError, "alpha from 0 to 1"),
    ({"alpha": float("nan")}, ValueError, "alpha"), ({"alpha": "1"}, TypeError, "alpha"),
    ({"score_threshold": 1.5}, IoUError, "score_threshold"), ({"nms_threshold": []}, TypeError, "nms_threshold"),
    ({"max_detections": 0}, IoUError, "max_detections"), ({"max_detections": 1.5}, TypeError, "max_detections"),
    ({"max_detections": -3}, ValueError, "max_detections"), ({"max_detections": 2**31}, ValueError, "max_detections"),
    ({"max_detections": 2**31 - 1}, IoUError, "detections: expected at most"),
    ({"format": "gbr"}, ValueError, "format: expected 'rgb' or 'bgr'"), ({"timeout": -1}, ValueError, "timeout"),
])
def test_wrong_options(options: dict[str, object], error: type[Exception], line: str, detector: Detector,
                       smear: pathlib.Path) -> None:
    with pytest.raises(error, match=line):
        detector(smear, **options)  # type: ignore[call-overload]


@pytest.mark.parametrize("arguments, options, error, line", [
    (("/none.onnx",), {}, IoUError, "none.onnx"), ((b"",), {}, IoUError, "model"),
    ((b"\x08\x07",), {}, IoUError, "model"),
    ((3,), {}, TypeError, "model: expected a path or bytes, found int"), ((PICTURES[0],), {}, IoUError, "PNG"),
    ((MODEL,), {"threads": -1}, ValueError, "threads"), ((MODEL,), {"threads": 5000}, IoUError, "threads, found 5000"),
    ((MODEL,), {"threads": "2"}, TypeError, "threads"), ((MODEL,), {"isa": "mmx"}, IoUError, "mmx"),
    ((MODEL,), {"nothing": 1}, TypeError, "nothing"), (("a\0b",), {}, ValueError, "zero byte"),
])
def test_wrong_models(arguments: tuple[object, ...], options: dict[str, object], error: type[Exception],
                      line: str) -> None:
    with pytest.raises(error, match=line):
        Detector(*arguments, **options)  # type: ignore[arg-type]


def test_malformed_models() -> None:
    whole = MODEL.read_bytes()
    random = np.random.default_rng(5)
    for _ in range(40):
        length = int(random.integers(0, 20000))
        with pytest.raises(IoUError):
            Detector(whole[:length])


def test_what_metadata_says(detector: Detector) -> None:
    info = libiou.detector_info(MODEL)
    assert info == detector.info
    assert info.labels == detector.labels == ("RBC", "WBC", "Platelets")
    assert info.predicts_iou and 0 < info.alpha < 1 and info.category_ids == (1, 2, 3)


def test_profile_and_memory(smear: pathlib.Path) -> None:
    detector = Detector(MODEL, profile=True)
    detector(smear)
    assert sum(entry.milliseconds for entry in detector.profile) > 0
    assert any("Conv" in entry.type for entry in detector.profile)
    assert detector.memory.arena > 0 and detector.memory.weights > 0


def test_levels_and_reference(detector: Detector, smear: pathlib.Path) -> None:
    plain = Detector(MODEL, optimize=False, isa="scalar")(smear, max_detections=5)
    np.testing.assert_allclose(plain.xyxy, detector(smear, max_detections=5).xyxy, atol=0.01)
