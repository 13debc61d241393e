"""PyTorch's two exporters."""

import pathlib
import warnings

import torch
from onnxscript import opset18

OPSET = 17


def trace(network: torch.nn.Module, inputs: tuple, path: pathlib.Path, input_names: list[str],
          output_names: list[str], opset: int = OPSET) -> None:
    """By tracing, as most files were made."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, inputs, path, dynamo=False, opset_version=opset, input_names=input_names,
                          output_names=output_names)


def capture(network: torch.nn.Module, inputs: tuple, path: pathlib.Path, input_names: list[str],
            output_names: list[str], opset: int | None = None) -> None:
    """By torch.export, the exporter that is the default since PyTorch 2.9; weights in the same file."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, inputs, path, dynamo=True, external_data=False, verbose=False, opset_version=opset,
                          input_names=input_names, output_names=output_names,
                          custom_translation_table={torch.ops.aten._is_all_true.default: _is_all_true})


def _is_all_true(values):
    """Of checks within networks, which the exporter has no translation for."""
    return opset18.Cast(opset18.ReduceMin(opset18.Cast(values, to=6), keepdims=0), to=9)
