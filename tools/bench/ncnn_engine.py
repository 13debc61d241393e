"""ncnn on what pnnx made of the ONNX file, in float32, Winograd on as it comes."""

import ncnn
import numpy as np

VERSION = ncnn.__version__


class Engine:
    def __init__(self, model: str, images: np.ndarray, threads: int):
        self._net = ncnn.Net()
        self._net.opt.num_threads = threads
        self._net.opt.use_bf16_storage = False
        self._net.opt.use_fp16_packed = self._net.opt.use_fp16_storage = self._net.opt.use_fp16_arithmetic = False
        if self._net.load_param(model) != 0 or self._net.load_model(model.removesuffix("param") + "bin") != 0:
            raise RuntimeError(f"ncnn cannot load {model}")
        self._images = ncnn.Mat(images[0]).clone()
        self._names = sorted(self._net.output_names(), key=lambda name: int(name.removeprefix("out")))
        self._found: list[ncnn.Mat] = []

    def run(self) -> None:
        with self._net.create_extractor() as extractor:
            extractor.input("in0", self._images)
            found = []
            for name in self._names:
                status, blob = extractor.extract(name)
                if status != 0:
                    raise RuntimeError(f"ncnn cannot compute {name}: {status}")
                found.append(blob)
            self._found = found

    def outputs(self) -> list[np.ndarray]:
        return [np.array(blob) for blob in self._found]
