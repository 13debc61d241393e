"""Videos in and out: PyAV, which brings an FFmpeg of its own, writes what we read and reads what we write.

Frames agree in every pixel where the codec keeps RGB, and nearly where it keeps YUV; boxes of a video without loss are
those of its frames as pictures. What is damaged, malformed or hostile ends in one line, and keeps what was read.
"""

import csv
import functools
import http.server
import json
import os
import pathlib
import resource
import shutil
import signal
import struct
import subprocess
import threading
import time

import av
import byte_track
import numpy as np
import pytest
import video_library
import videos
from libiou import ROOT
from PIL import Image

IOURUN = ROOT / ".build/release/iourun"
MODEL = ROOT / "models/blood-cells.onnx"


def run(*arguments: object, status: int = 0, **options) -> subprocess.CompletedProcess:
    result = subprocess.run([IOURUN, MODEL, *map(str, arguments)], capture_output=True, timeout=120, **options)
    assert result.returncode == status, result.stderr.decode()
    return result


def lines(text: bytes) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def refused(path: object, *words: str, status: int = 1, **options) -> str:
    """One line that says `words`."""
    text = run(path, "--json-lines", "-", status=status, **options).stderr.decode()
    assert len(text.splitlines()) == 1, text
    for word in words:
        assert word.lower() in text.lower(), text
    return text


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return video_library.build(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    return videos.panned(3, 12, 320, 240)


@pytest.fixture(scope="module")
def clip(pictures, tmp_path_factory) -> pathlib.Path:
    return videos.write(tmp_path_factory.mktemp("clip") / "clip.mp4", pictures, "libx264")


# ---- Frames ----------------------------------------------------------------------------------------------------------

#: Name, codec, pixels, and whether the picture comes back as it was.
KINDS = [("h264.mp4", "libx264", "yuv420p", False), ("full.mkv", "libx264", "yuvj420p", False),
         ("mpeg4.avi", "mpeg4", "yuv420p", False), ("vp9.webm", "libvpx-vp9", "yuv420p", False),
         ("mjpeg.avi", "mjpeg", "yuvj422p", False), ("deep.mkv", "libx265", "yuv420p10le", False),
         ("mpeg2.ts", "mpeg2video", "yuv420p", False), ("hevc.mp4", "libx265", "yuv444p", False),
         ("ffv1.mkv", "ffv1", "bgr0", True), ("png.mov", "png", "rgb24", True), ("raw.avi", "rawvideo", "bgr24", True)]


@pytest.mark.parametrize(("name", "codec", "pix_fmt", "is_exact"), KINDS, ids=[kind[0] for kind in KINDS])
def test_frames(library, pictures, tmp_path, name, codec, pix_fmt, is_exact):
    path = videos.write(tmp_path / name, pictures, codec, pix_fmt)
    expected = videos.read(path)
    found = list(video_library.frames(library, path))
    assert len(found) == len(expected) == len(pictures)
    for number, ((ours, place), (theirs, seconds)) in enumerate(zip(found, expected, strict=True)):
        assert place.index == number and abs(place.seconds - seconds) < 1e-6
        difference = np.abs(ours.astype(int) - theirs)
        if is_exact:
            assert (ours == pictures[number]).all()
        assert difference.max() <= (16 if "10" in pix_fmt else 6) and difference.mean() < 1.5
    assert [place.index for _, place in video_library.frames(library, path, 5)] == [0, 5, 10]


@pytest.mark.parametrize("size", [(97, 61), (33, 240), (320, 35), (1, 1)])
def test_odd_sides(library, tmp_path, size):
    """In, and out: H.264 has even sides, so that the last column and row of an odd picture are there twice."""
    rng = np.random.default_rng(1)
    pictures = [rng.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8) for _ in range(3)]
    path = videos.write(tmp_path / "odd.mkv", pictures, "ffv1", "bgr0")
    for (ours, _), picture in zip(video_library.frames(library, path), pictures, strict=True):
        assert (ours == picture).all()
    vp9 = videos.write(tmp_path / "odd.webm", [p // 4 + 90 for p in pictures], "libvpx-vp9")
    for (ours, _), (theirs, _) in zip(video_library.frames(library, vp9), videos.read(vp9), strict=True):
        assert ours.shape == theirs.shape and np.abs(ours.astype(int) - theirs).mean() < 3
    run(path, "--output", tmp_path / "out.mp4", "--json", tmp_path / "out.json")
    (width, height), = {(f.shape[1], f.shape[0]) for f, _ in videos.read(tmp_path / "out.mp4")}
    assert (width, height) == (size[0] + size[0] % 2, size[1] + size[1] % 2)


def test_varying_rate(library, pictures, tmp_path):
    """Times are those of the file, and go out as they came in."""
    times = [0, 40, 200, 210, 400, 1000, 1040, 1041, 1500, 2000, 2020, 2500]
    for name in ("a.mp4", "a.mkv"):
        path = videos.write(tmp_path / name, pictures, "libx264", times=times)
        assert np.allclose([place.seconds for _, place in video_library.frames(library, path)], np.array(times) / 1000)
        out = tmp_path / f"out-{name}"
        text = run(path, "--json-lines", "-", "--output", out).stdout
        assert np.allclose([line["time"] for line in lines(text)], np.array(times) / 1000)
        assert np.allclose([seconds for _, seconds in videos.read(out)], np.array(times) / 1000, atol=1e-3)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned(library, pictures, tmp_path, degrees):
    """The matrix that telephones write into the track's header turns the frames."""
    path = videos.write(tmp_path / "turned.mp4", pictures[:3], "libx264")
    data = bytearray(path.read_bytes())
    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    at = data.index(b"tkhd") + 4 + 40
    data[at:at + 36] = struct.pack(">9i", cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    plain = [picture for picture, _ in videos.read(path)]
    for (ours, _), picture in zip(video_library.frames(library, path), plain, strict=True):
        # Clockwise: the picture's right edge becomes its lower one.
        expected = np.rot90(picture, -degrees // 90)
        assert ours.shape == expected.shape and np.abs(ours.astype(int) - expected).mean() < 1.5
    found = lines(run(path, "--json-lines", "-").stdout)
    assert (found[0]["height"], found[0]["width"]) == np.rot90(plain[0], -degrees // 90).shape[:2]


# ---- Boxes, outputs --------------------------------------------------------------------------------------------------


def test_boxes_are_those_of_pictures(pictures, tmp_path):
    """Of a codec without loss; --every, and CSV beside JSON."""
    path = videos.write(tmp_path / "clip.mkv", pictures, "ffv1", "bgr0")
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / f"{number:02}.png")
    text = run(path, "--json-lines", "-", "--csv", tmp_path / "a.csv", "--json", tmp_path / "a.json").stdout
    alone = lines(run(*sorted(tmp_path.glob("*.png")), "--json-lines", "-").stdout)
    found = lines(text)
    assert [(f["frame"], f["time"]) for f in found] == [(n, n / 25) for n in range(len(pictures))]
    assert [f["detections"] for f in found] == [f["detections"] for f in alone]
    assert all("track" not in d for f in found for d in f["detections"]) and sum(len(f["detections"]) for f in found)
    assert json.loads((tmp_path / "a.json").read_text())["images"] == found
    with open(tmp_path / "a.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(int(r["frame"]), float(r["time"]), r["track"], r["label"]) for r in rows] == [
        (f["frame"], f["time"], "", d["label"]) for f in found for d in f["detections"]]
    for options in ((), ("--one-by-one",)):
        few = lines(run(path, "--json-lines", "-", "--every", 5, *options).stdout)
        assert few == [found[n] for n in (0, 5, 10)]


@pytest.mark.parametrize(("name", "codec"), [("out.mp4", "h264"), ("out.mov", "h264"), ("out.mkv", "h264"),
                                             ("out.webm", "vp9"), ("out.avi", "mpeg4")])
def test_output(clip, pictures, tmp_path, name, codec):
    """What PyAV reads of it is the video with boxes: its rate, its length, near its pixels where no box is."""
    out = tmp_path / name
    run(clip, "--output", out, "--hide-labels", "--every", 2, "--score-threshold", 0.6)
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == codec
        assert abs(stream.average_rate - 12.5) < 1
    found = videos.read(out)
    assert np.allclose([seconds for _, seconds in found], np.arange(6) * 0.08, atol=2e-3)
    for (frame, _), picture in zip(found, pictures[::2], strict=True):
        changed = np.abs(frame.astype(int) - picture).max(-1) > 60
        assert 0.002 < changed.mean() < 0.2
        assert np.median(np.abs(frame.astype(int) - picture)) < 8
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_pipes(clip, pictures, tmp_path):
    """Standard input as a file, a pipe and a socket; a named pipe; pictures by the same ways as before."""
    expected = [line["detections"] for line in lines(run(clip, "--json-lines", "-").stdout)]
    ts = videos.write(tmp_path / "a.ts", pictures, "mpeg2video")
    assert len(lines(run("-", "--json-lines", "-", input=ts.read_bytes()).stdout)) == len(pictures)
    with open(clip, "rb") as file:
        assert [f["detections"] for f in lines(run("-", "--json-lines", "-", stdin=file).stdout)] == expected
    mkv = videos.write(tmp_path / "a.mkv", pictures, "libx264")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with open(mkv, "rb") as file, subprocess.Popen(["sh", "-c", f"cat > {fifo}"], stdin=file):
        time.sleep(0.5)
        assert len(lines(run(fifo, "--json-lines", "-").stdout)) == len(pictures)
    Image.fromarray(pictures[0]).save(tmp_path / "a.png")
    picture = run(tmp_path / "a.png", "--csv", "-").stdout
    piped = run("-", "--csv", "-", input=(tmp_path / "a.png").read_bytes()).stdout
    assert [r.split(b",", 1)[1] for r in piped.split()[1:]] == [r.split(b",", 1)[1] for r in picture.split()[1:]]


def test_addresses(clip, tmp_path):
    """A server's files are videos too; what it says may not lead to files."""
    shutil.copy(clip, tmp_path / "a.mp4")
    (tmp_path / "a.m3u8").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{clip}\n#EXT-X-ENDLIST\n")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    handler.log_message = lambda *_: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        assert len(lines(run(f"{address}/a.mp4", "--json-lines", "-").stdout)) == 12
        refused(f"{address}/a.m3u8", "expected")
        refused(f"{address}/none.mp4", "404")
        server.shutdown()


def test_several(clip, tmp_path):
    second = tmp_path / "second.mp4"
    shutil.copy(clip, second)
    out = tmp_path / "drawn"
    found = lines(run(clip, second, "--json-lines", "-", "--output", out).stdout)
    assert [f["file"] for f in found] == [str(clip)] * 12 + [str(second)] * 12
    assert sorted(path.name for path in out.iterdir()) == ["clip.mp4", "second.mp4"]


def test_usage(clip, tmp_path):
    picture = ROOT / "Examples/smear.png"
    for options, word in ((("--coco", tmp_path / "a.json"), "--coco"), (("--yolo", tmp_path), "--yolo"),
                          (("--voc", tmp_path), "--voc"), (("--labelme", tmp_path), "--labelme"),
                          (("--crop", tmp_path), "--crop"), ((picture,), "smear.png"), (("--every", 0), "--every")):
        text = run(clip, *options, status=64).stderr.decode()
        assert word in text and len(text.splitlines()) == 1
    for option in (("--track",), ("--every", "2")):
        assert "expected a video" in run(picture, *option, status=64).stderr.decode()
    for name, word in (("a.gif", ".mp4"), ("a.png", ".mp4"), ("none/a.mp4", "no such")):
        assert word in run(clip, "--output", tmp_path / name, status=1).stderr.decode()
    copy = tmp_path / "copy.mp4"
    shutil.copy(clip, copy)
    assert "input" in run(copy, "--output", copy, status=1).stderr.decode()
    assert copy.read_bytes() == clip.read_bytes()


# ---- Bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "codec", "pix_fmt"), [
    ("a.mp4", "libx264", "yuv420p"), ("a.mkv", "libx264", "yuv420p"), ("a.avi", "mjpeg", "yuvj420p"),
    ("a.webm", "libvpx-vp9", "yuv420p")])
def test_truncated(pictures, tmp_path, name, codec, pix_fmt):
    """What was read is kept, in all outputs; the exit status is 1."""
    many = pictures * 5
    path = tmp_path / name
    videos.write(path, many, codec, pix_fmt)
    if name == "a.mp4":
        faststart(path)
    path.write_bytes(path.read_bytes()[:path.stat().st_size * 6 // 10])
    out = tmp_path / f"out-{name}"
    result = run(path, "--output", out, "--json-lines", tmp_path / "a.jsonl", status=1)
    text = result.stderr.decode()
    assert "truncated" in text or "damaged" in text, text
    assert len(text.splitlines()) == 1
    found = lines((tmp_path / "a.jsonl").read_bytes())
    assert 4 < len(found) < len(many)
    assert len(videos.read(out)) == len(found)


def faststart(path: pathlib.Path) -> None:
    """Writes the file again, its index first."""
    moved = pathlib.Path(f"{path}.new.mp4")
    options = {"movflags": "faststart"}
    with av.open(str(path)) as source, av.open(str(moved), "w", options=options) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    moved.rename(path)


def test_damaged(pictures, tmp_path):
    """Bytes that were overwritten in the middle: the frames around them are there."""
    path = videos.write(tmp_path / "a.avi", pictures * 3, "mjpeg", "yuvj420p")
    data = bytearray(path.read_bytes())
    data[len(data) // 2:len(data) // 2 + 3000] = os.urandom(3000)
    path.write_bytes(data)
    result = run(path, "--output", tmp_path / "out.mp4", "--json-lines", "-", status=1)
    assert "damaged" in result.stderr.decode()
    assert len(lines(result.stdout)) >= 30
    assert len(videos.read(tmp_path / "out.mp4")) == len(lines(result.stdout))


def test_bad_files(clip, pictures, tmp_path):
    sound = tmp_path / "sound.mp4"
    with av.open(str(sound), "w") as container:
        videos.add_sound(container, 1.0)
    refused(sound, "expected a stream of pictures", "sound alone", str(sound))
    for name, data, words in (
        ("empty.mp4", b"", ("empty",)), ("garbage.mp4", np.random.default_rng(2).bytes(100_000), ("picture",)),
        ("text.mp4", b"no video at all\n" * 1000, ("picture",)), ("head.mp4", clip.read_bytes()[:40], ("video",)),
        ("half.mkv", b"\x1a\x45\xdf\xa3" + bytes(1000), ("video",)),
        ("zeros.avi", b"RIFF\0\0\0\0AVI " + bytes(5000), ("video",)),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        refused(path, str(path), *words)
    refused(tmp_path / "none.mp4", "no such file")
    refused("http://127.0.0.1:9/a.mp4", "127.0.0.1")
    loud = videos.write(tmp_path / "loud.mp4", pictures, "libx264", sound=True)
    assert len(lines(run(loud, "--json-lines", "-").stdout)) == len(pictures)


def test_unknown_codec(clip, tmp_path):
    """A codec that FFmpeg lacks: the name of it, and what to do."""
    path = tmp_path / "odd.mp4"
    path.write_bytes(clip.read_bytes().replace(b"avc1", b"qqqq"))
    refused(path, "convert")


@pytest.mark.parametrize(("sides", "word"), [("W70000 H16", "a side may have"), ("W20000 H20000", "expected")])
def test_declared_sides(tmp_path, sides, word):
    """A header that promises too many pixels is refused before there is memory for them: by us, or by FFmpeg."""
    path = tmp_path / "large.y4m"
    path.write_bytes(f"YUV4MPEG2 {sides} F25:1 Ip C420jpeg\nFRAME\n".encode() + bytes(100_000))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))

    refused(path, word, preexec_fn=limit)


def test_hostile_lists(clip, tmp_path):
    """A file opens no other: playlists are refused, and so are references in containers."""
    for name, text in (
        ("a.m3u8", f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{clip}\n#EXT-X-ENDLIST\n"),
        ("a.ffconcat", f"ffconcat version 1.0\nfile {clip}\n"),
        ("a.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
                  "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"),
    ):
        path = tmp_path / name
        path.write_text(text)
        text = run(path, "--json-lines", "-", status=1)
        assert text.stdout == b"" and len(text.stderr.splitlines()) == 1, text.stderr
        if name != "a.sdp":
            assert b"may not open" in text.stderr
    trace = shutil.which("strace")
    if trace:
        log = tmp_path / "log"
        subprocess.run([trace, "-f", "-e", "trace=openat,connect", "-o", log, IOURUN, MODEL, tmp_path / "a.m3u8"])
        assert str(clip) not in log.read_text()


def test_stopped(clip, tmp_path):
    """A signal ends a stream that nobody ends, and what was read is kept."""
    out = tmp_path / "out.mp4"
    with subprocess.Popen([IOURUN, MODEL, "-", "--output", out, "--json-lines", tmp_path / "a.jsonl"],
                          stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        many = videos.write(tmp_path / "a.ts", videos.panned(3, 4, 64, 48) * 40, "mpeg2video")
        process.stdin.write(many.read_bytes())
        process.stdin.flush()
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 1
        assert b"stopped by a signal" in process.stderr.read()
    count = len(lines((tmp_path / "a.jsonl").read_bytes()))
    assert count > 10 and len(videos.read(out)) == count


def test_without_ffmpeg(clip, tmp_path):
    """Where it is not installed pictures run, and a video says what is missing. The loader finds an empty file."""
    names = sorted({line.split()[-1] for line in subprocess.run(
        ["strings", IOURUN], capture_output=True, text=True, check=True).stdout.split("\n")
        if line.startswith(("libavformat.so", "libavcodec.so", "libavutil.so", "libswscale.so"))})
    assert len(names) == 4
    for name in names:
        (tmp_path / name).write_bytes(b"")
    environment = os.environ | {"LD_LIBRARY_PATH": str(tmp_path)}
    refused(clip, "FFmpeg", "libavformat.so", "install", env=environment)
    assert run(ROOT / "Examples/smear.png", "--csv", "-", env=environment).stdout.startswith(b"file,")


# ---- Tracks ----------------------------------------------------------------------------------------------------------


def reference_numbers(path: pathlib.Path, tau: float) -> list[list[tuple[list[float], int | None]]]:
    """What the reference makes of the boxes that are found without tracking."""
    tracker = byte_track.Tracker(tau)
    found = lines(run(path, "--json-lines", "-", "--score-threshold", "0.1").stdout)
    expected = []
    for frame in found:
        objects = frame["detections"]
        boxes = np.array([d["box"] for d in objects], dtype=float).reshape(-1, 4)
        scores = [float(np.float32(d["score"])) for d in objects]
        numbers = tracker.update(boxes, scores, [d["class"] for d in objects])
        expected.append([(d["box"], n) for d, n, s in zip(objects, numbers, scores, strict=True)
                         if n is not None or s >= tau])
    return expected


def moving_cells(count: int, hides: bool) -> list[np.ndarray]:
    """A smear on a moving stage, two parts of another that cross in front of it, and a bar that hides cells."""
    pictures = videos.panned(5, count, 480, 320, (3, 1))
    front = videos.draw(8, 300, 200, 0.8).picture
    for number, picture in enumerate(pictures):
        left, right = 20 + 8 * number, 330 - 8 * number
        picture[40:140, left:left + 110] = front[:100, :110]
        picture[150:250, right:right + 110] = front[100:200, 150:260]
        if hides and 8 <= number < 13:
            picture[:, 200:260] = 200
    return pictures


@pytest.mark.parametrize(("hides", "tau"), [(False, 0.6), (True, 0.6), (True, 0.4)])
def test_tracks_are_those_of_the_reference(tmp_path, hides, tau):
    path = videos.write(tmp_path / "cells.mkv", moving_cells(24, hides), "ffv1", "bgr0")
    found = lines(run(path, "--json-lines", "-", "--track", "--score-threshold", tau).stdout)
    expected = reference_numbers(path, tau)
    assert [[(d["box"], d["track"]) for d in frame["detections"]] for frame in found] == expected
    numbers = {n for frame in expected for _, n in frame if n is not None}
    assert numbers == set(range(1, len(numbers) + 1)) and len(numbers) > 15
    if tau == 0.6:
        assert lines(run(path, "--json-lines", "-", "--track").stdout) == found


def test_tracks_are_those_of_the_cells(tmp_path):
    """Cells on a moving stage keep their numbers: nearly all pairs of frames agree which cell is which."""
    count, step = 30, (3.0, 1.0)
    smear = videos.stage(5, count, 480, 320, step)
    corners = [(round(step[0] * n), round(step[1] * n)) for n in range(count)]
    pictures = [videos.window(smear.picture, 480, 320, corner) for corner in corners]
    path = videos.write(tmp_path / "stage.mkv", pictures, "ffv1", "bgr0")
    found = lines(run(path, "--json-lines", "-", "--track", "--csv", tmp_path / "a.csv").stdout)
    seen: dict[int, list[int]] = {}
    for frame, (x, y) in zip(found, corners, strict=True):
        tracked = [d for d in frame["detections"] if d["track"] is not None]
        boxes = [np.array(d["box"]) + [x, y, x, y] for d in tracked]
        for cell, truth in enumerate(smear.boxes):
            overlaps = [byte_track.overlap(box, np.array(truth, dtype=float)) for box in boxes]
            if max(overlaps) > 0.5:
                seen.setdefault(cell, []).append(tracked[int(np.argmax(overlaps))]["track"])
    long = {cell: numbers for cell, numbers in seen.items() if len(numbers) > 20}
    assert len(long) > 10
    kept = sum(max(numbers.count(n) for n in numbers) for numbers in long.values())
    assert kept / sum(map(len, long.values())) > 0.97
    with open(tmp_path / "a.csv", newline="") as file:
        tracks = [row["track"] for row in csv.DictReader(file)]
    assert tracks == ["" if d["track"] is None else str(d["track"]) for f in found for d in f["detections"]]
