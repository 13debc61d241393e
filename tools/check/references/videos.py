"""Videos that PyAV writes and reads, with an FFmpeg of its own: drawn smears under a moving stage."""

import pathlib
import sys
from fractions import Fraction

import av
import numpy as np
from libiou import ROOT
from numpy.typing import NDArray

sys.path.insert(0, str(ROOT / "tools/smears"))
from smears.scene import Smear, draw  # noqa: E402

Picture = NDArray[np.uint8]


def panned(seed: int, count: int, width: int, height: int, step: tuple[float, float] = (4, 2)) -> list[Picture]:
    """A window that moves over a smear, `step` pixels a frame."""
    smear = stage(seed, count, width, height, step)
    return [window(smear.picture, width, height, (round(step[0] * n), round(step[1] * n))) for n in range(count)]


def stage(seed: int, count: int, width: int, height: int, step: tuple[float, float]) -> Smear:
    return draw(seed, width + round(step[0] * count), height + round(step[1] * count), 0.8)


def window(picture: Picture, width: int, height: int, corner: tuple[int, int]) -> Picture:
    x, y = corner
    return np.ascontiguousarray(picture[y:y + height, x:x + width])


def write(path: pathlib.Path, pictures: list[Picture], codec: str, pix_fmt: str = "yuv420p", rate: int = 25,
          times: list[int] | None = None, sound: bool = False, options: dict[str, str] | None = None) -> pathlib.Path:
    """`times` are in milliseconds, for a rate that varies."""
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if sound:
            add_sound(container, len(pictures) / rate)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = times[number] if times is not None else number
            frame.time_base = Fraction(1, 1000) if times is not None else Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def add_sound(container: av.container.OutputContainer, seconds: float, rate: int = 48000) -> None:
    stream = container.add_stream("aac" if container.format.name != "webm" else "libopus", rate=rate)
    for start in range(0, int(seconds * rate), 1024):
        wave = np.sin(np.arange(start, start + 1024) * 2 * np.pi * 440 / rate).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate, start
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def read(path: pathlib.Path) -> list[tuple[Picture, float]]:
    """Pixels and seconds from the start of every frame, not turned."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        start = (stream.start_time or 0) * stream.time_base
        return [(frame.to_ndarray(format="rgb24"), float(frame.pts * frame.time_base - start))
                for frame in container.decode(stream)]
