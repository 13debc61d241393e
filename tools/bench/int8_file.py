"""Quantized files of a float32 model, each by a peer's tool, in a process of its own.

    python -m bench.int8_file onnxruntime MODEL INPUT.f32 1x3x480x640 TO.onnx
    python -m bench.int8_file nncf MODEL INPUT.f32 1x3x480x640 TO.xml

Both calibrate on the one input that is measured: the speed does not hang on the ranges.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from bench.conversion import ConversionFailed, converted


def int8_file(package: str, model: pathlib.Path, images: pathlib.Path, shape: tuple[int, ...],
              to: pathlib.Path) -> pathlib.Path | str:
    """`to`, made by the tool of a package; or why there is none."""
    def make() -> None:
        sides = "x".join(map(str, shape))
        done = subprocess.run([sys.executable, "-m", "bench.int8_file", package, model, images, sides, to],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise ConversionFailed(f"{package} failed: {(done.stderr.strip().splitlines() or ['nothing said'])[-1]}")
    return converted(model, to, package, make)


def _onnxruntime(model: str, images: np.ndarray, to: pathlib.Path) -> None:
    """As ONNX Runtime's documentation says: the model prepared, then QDQ nodes, int8 weights of a scale a channel."""
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):
        def __init__(self, feeds: list[dict[str, np.ndarray]]):
            self._left = iter(feeds)

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self._left, None)

    ready = to.with_name("ready.onnx")
    quantization.quant_pre_process(model, ready)
    quantization.quantize_static(
        ready, to, Reader([{_input_name(ready): images}]), quant_format=quantization.QuantFormat.QDQ, per_channel=True,
        activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8)


def _input_name(model: pathlib.Path) -> str:
    import onnx
    return onnx.load(model).graph.input[0].name


def _nncf(model: str, images: np.ndarray, to: pathlib.Path) -> None:
    """OpenVINO's own: weights and activations as its processor plugin has them fastest."""
    import nncf
    import openvino
    network = nncf.quantize(openvino.Core().read_model(model), nncf.Dataset([images]), subset_size=1)
    openvino.save_model(network, to, compress_to_fp16=False)


TOOLS = {"onnxruntime": _onnxruntime, "nncf": _nncf}


def main() -> None:
    package, model, images_path, shape_text, to = sys.argv[1:]
    images = np.fromfile(images_path, np.float32).reshape([int(side) for side in shape_text.split("x")])
    to = pathlib.Path(to)
    with tempfile.TemporaryDirectory(dir=to.parent) as folder:
        made = pathlib.Path(folder) / to.name
        TOOLS[package](model, images, made)
        for path in (made.with_suffix(".bin"), made):
            if path.exists():
                os.replace(path, to.with_name(path.name))


if __name__ == "__main__":
    main()
