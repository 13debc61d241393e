"""ONNX Runtime, set as its documentation says: threads within operators, one at a time; bound inputs and outputs."""

import numpy as np
import onnxruntime

VERSION = onnxruntime.__version__


class Engine:
    def __init__(self, model: str, images: np.ndarray, threads: int):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        for symbol, side in zip(("batch", None, "height", "width"), images.shape):
            if symbol:
                options.add_free_dimension_override_by_name(symbol, side)
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._binding = self._session.io_binding()
        self._binding.bind_cpu_input(self._session.get_inputs()[0].name, images)
        for output in self._session.get_outputs():
            self._binding.bind_output(output.name, "cpu")

    def run(self) -> None:
        self._session.run_with_iobinding(self._binding)

    def outputs(self) -> list[np.ndarray]:
        return self._binding.copy_outputs_to_cpu()
