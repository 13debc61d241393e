"""OpenVINO, set for latency, with float32 forced: by itself it takes bfloat16 where the processor has it. Quantized
nodes run in int8 all the same."""

import numpy as np
import openvino

VERSION = openvino.__version__.split("-")[0]


class Engine:
    def __init__(self, model: str, images: np.ndarray, threads: int):
        core = openvino.Core()
        network = core.read_model(model)
        network.reshape({0: openvino.PartialShape(list(images.shape))})
        compiled = core.compile_model(network, "CPU", {
            "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads})
        self._request = compiled.create_infer_request()
        self._request.set_input_tensor(openvino.Tensor(images, shared_memory=True))
        self._count = len(compiled.outputs)

    def run(self) -> None:
        self._request.infer()

    def outputs(self) -> list[np.ndarray]:
        return [self._request.get_output_tensor(index).data for index in range(self._count)]
