"""The files of a case: one that the sides run, and those of sides that need their own."""

import dataclasses
import pathlib

from bench.cases import Case, export, stem, write_input
from bench.int8_file import int8_file
from bench.ncnn_file import ncnn_file
from bench.process import SideFailed
from bench.sides import FLOAT, NCNN, NNCF


@dataclasses.dataclass(frozen=True)
class CaseFiles:
    """The model, the input as raw float32, and the models of sides that do not run that one (why there is none, where
    it could not be made)."""

    model: pathlib.Path
    images: pathlib.Path
    own: dict[str, pathlib.Path | str] = dataclasses.field(default_factory=dict)

    def of(self, side: str) -> pathlib.Path:
        """What a side runs."""
        model = self.own.get(side, self.model)
        if isinstance(model, str):
            raise SideFailed(model)
        return model

    def read(self) -> None:
        """Reads them once, so that every side finds them in memory."""
        models = [self.model, *(model for model in self.own.values() if isinstance(model, pathlib.Path))]
        for path in (self.images, *models, *(model.with_suffix(".bin") for model in models)):
            if path.exists():
                path.read_bytes()


def prepare(case: Case) -> CaseFiles:
    """Exports the model and converts it."""
    model, images, to = export(case), write_input(case.name, case.shape), stem(case.name)
    if not case.int8:
        return CaseFiles(model, images, {NCNN: ncnn_file(model, case.shape, to.with_suffix(".param"))})
    quantized = int8_file("onnxruntime", model, images, case.shape, to.with_suffix(".onnx"))
    if isinstance(quantized, str):
        raise SideFailed(quantized)
    nncf = int8_file("nncf", model, images, case.shape, to.with_suffix(".xml"))
    return CaseFiles(quantized, images, {FLOAT: model, NNCF: nncf})
