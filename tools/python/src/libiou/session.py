"""Tensors in, tensors out, for any ONNX model whose operators the library has; in onnxruntime's words."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ._native import ffi, lib
from .errors import check, text_of
from .model import Model, ModelMetadata, ModelSource, owned
from .options import OpenOptions, run_options
from .tensors import AnyArray, NodeArg, copied, describe_array, dtype_of
from .turns import Turns


class ProfileEntry(NamedTuple):
    """One executed step: an operator, or several fused into one."""

    name: str
    """The node's name."""
    type: str
    """Operators fused into the step, such as "Conv+BatchNormalization+Relu"."""
    algorithm: str
    isa: str
    milliseconds: float
    """Of the last run; 0 without `profile`."""
    gflop: float
    """Multiplications and additions, in billions; 0 where not counted."""
    bytes: float
    """Of its inputs, weights and outputs, as the model has them."""


class MemoryUse(NamedTuple):
    """Bytes of the last run's plan."""

    arena: int
    """For values between operators."""
    weights: int
    """For packed weights, which all sessions of a model share."""


class GraphOptimizationLevel(enum.IntEnum):
    """onnxruntime's levels, of which two are told apart: none, and the others."""

    ORT_DISABLE_ALL = 0
    ORT_ENABLE_BASIC = 1
    ORT_ENABLE_EXTENDED = 2
    ORT_ENABLE_ALL = 99


class SessionOptions:
    """onnxruntime's options that mean something here. Others may be set, and do nothing."""

    def __init__(self) -> None:
        #: Threads of a run; 0: the processors that this process may use.
        self.intra_op_num_threads = 0
        #: Record the time of every operator.
        self.enable_profiling = False
        #: ORT_DISABLE_ALL: node by node.
        self.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_ALL


class RunOptions:
    """onnxruntime's options of one run: none of them means anything here."""


PROVIDER = "CPUExecutionProvider"


def get_available_providers() -> list[str]:
    """What onnxruntime calls the processor."""
    return [PROVIDER]


class InferenceSession:
    """An ONNX model, ready to run.

    Args:
        path_or_bytes: The path of the model's file, its bytes, or a Model that sessions share.
        sess_options: As in onnxruntime: `intra_op_num_threads`, `enable_profiling`, `graph_optimization_level`.
        providers: As in onnxruntime; the processor has to be among them.
        provider_options: Not looked at.
        threads: Threads of a run, over sess_options; 0: the processors that this process may use.
        isa: "scalar", "avx2", "avxvnni", "avx512" or "avx512vnni"; None: $IOU_ISA, or the best there is.
        profile: Record the time of every operator.
        optimize: False: node by node, no fusion, no change of layout.
        max_memory_bytes: The most that values of one plan may take; 0: 16 GiB.

    Several threads may share a session, which serves them one after the other; sessions that share a Model run at the
    same time. A session is pickled by its model's path and these arguments. Every run releases the GIL.
    """

    def __init__(self, path_or_bytes: ModelSource | Model, sess_options: SessionOptions | None = None,
                 providers: Iterable[str | tuple[str, dict[str, Any]]] | None = None,
                 provider_options: Sequence[dict[str, Any]] | None = None, *, threads: int = 0, isa: str | None = None,
                 profile: bool = False, optimize: bool = True, max_memory_bytes: int = 0) -> None:
        names = [one if isinstance(one, str) else one[0] for one in providers or [PROVIDER]]
        if PROVIDER not in names:
            raise ValueError(f"providers: expected {PROVIDER} among them, found {', '.join(names)}")
        asked = sess_options or SessionOptions()
        self._open(Model.of(path_or_bytes), OpenOptions(
            threads or asked.intra_op_num_threads, isa, profile or asked.enable_profiling,
            optimize and asked.graph_optimization_level != GraphOptimizationLevel.ORT_DISABLE_ALL, max_memory_bytes))

    def _open(self, model: Model, options: OpenOptions) -> None:
        out = ffi.new("iou_session **")
        check(lib.iou_session_open, out, model._handle, options.to_c())
        self._model, self._options = model, options
        self._handle = owned(out, lib.iou_session_close, keeping=model)
        self._turns = Turns()
        self._inputs, self._outputs = model.inputs(), model.outputs()

    def __reduce__(self) -> tuple[Any, ...]:
        return _open_session, (self._model, self._options)

    def __repr__(self) -> str:
        return f"InferenceSession({self._model!r})"

    # ---- What the model says -----------------------------------------------------------------------------------------

    @property
    def model(self) -> Model:
        return self._model

    def get_inputs(self) -> list[NodeArg]:
        """The inputs that a run needs."""
        return list(self._inputs)

    def get_overridable_initializers(self) -> list[NodeArg]:
        """The inputs that have a default in the file."""
        return self._model.defaults()

    def get_outputs(self) -> list[NodeArg]:
        return list(self._outputs)

    def get_modelmeta(self) -> ModelMetadata:
        return self._model.metadata()

    def get_providers(self) -> list[str]:
        return get_available_providers()

    # ---- Running -----------------------------------------------------------------------------------------------------

    def run(self, output_names: Sequence[str] | None, input_feed: Mapping[str, AnyArray],
            run_options: RunOptions | None = None, *, timeout: float | None = None) -> list[AnyArray]:
        """Runs the model.

        Args:
            output_names: The outputs that are asked for, any of them in any order; None: all.
            input_feed: An array for every input, by name; read where it lies if it is contiguous, and never changed.
            run_options: Not looked at.
            timeout: Seconds after which the run ends with Status.DEADLINE; None: never.

        Returns:
            A new array for each of the outputs.
        """
        names = list(output_names or [one.name for one in self._outputs])
        outputs, _kept = _named_tensors(names, "output_names")
        with self._turns:
            self._run(input_feed, outputs, timeout)
            return [copied(tensor) for tensor in outputs]  # the session's, until its next run

    def run_into(self, outputs: Mapping[str, AnyArray], input_feed: Mapping[str, AnyArray], *,
                 timeout: float | None = None) -> dict[str, AnyArray]:
        """Runs the model, and writes outputs into arrays that are there.

        Args:
            outputs: An array for each output that is asked for: contiguous, of its type, and with the shape that comes
                out. Where shapes depend on data it may be larger than needed.
            input_feed: As of `run`.
            timeout: As of `run`.

        Returns:
            What came out, by name: the arrays, or views of their first elements where they are larger. After a failure
            their contents are not defined.
        """
        tensors, _kept = _named_tensors(outputs, "outputs")
        for tensor, (name, array) in zip(tensors, outputs.items(), strict=True):
            where = f"output '{name}'"
            if not isinstance(array, np.ndarray):
                raise TypeError(f"{where}: expected a NumPy array, found {type(array).__name__}")
            if not (array.flags.c_contiguous and array.flags.writeable):
                raise ValueError(f"{where}: expected a contiguous array that can be written to")
            describe_array(tensor, array, where)
        with self._turns:
            self._run(input_feed, tensors, timeout)
            return {name: _came_out(name, array, tensor)
                    for tensor, (name, array) in zip(tensors, outputs.items(), strict=True)}

    def prepare(self, input_feed: Mapping[str, AnyArray]) -> None:
        """Plans for the types and shapes of these arrays, whose values are not looked at: the first run of them need
        not. `profile` and `memory` are of the plan then."""
        tensors, _kept = _fed(input_feed)
        with self._turns:
            check(lib.iou_session_prepare, self._handle, tensors, len(input_feed))

    def _run(self, input_feed: Mapping[str, AnyArray], outputs: Any, timeout: float | None) -> None:
        tensors, _kept = _fed(input_feed)
        check(lib.iou_session_run, self._handle, tensors, len(input_feed), outputs, len(outputs), run_options(timeout))

    # ---- What a run did ----------------------------------------------------------------------------------------------

    @property
    def threads(self) -> int:
        """Threads of the last run; before it, those that were asked for."""
        return int(lib.iou_session_threads(self._handle))

    @property
    def profile(self) -> list[ProfileEntry]:
        """The steps of the last run or prepared plan; with `profile=True`, their times."""
        with self._turns:
            return profile_of(self._handle)

    @property
    def memory(self) -> MemoryUse:
        """Of the last run or prepared plan."""
        with self._turns:
            return memory_of(self._handle)


def _open_session(model: Model, options: OpenOptions) -> InferenceSession:
    return InferenceSession(model, **options._asdict())


def _named_tensors(names: Iterable[str], where: str) -> tuple[Any, list[Any]]:
    """Tensors for the library with these names and nothing else, and what their names are in."""
    listed = list(names)
    tensors, kept = ffi.new("iou_tensor[]", len(listed)), []
    for tensor, name in zip(tensors, listed, strict=True):
        if not isinstance(name, str):
            raise TypeError(f"{where}: expected names, found {type(name).__name__}")
        if "\0" in name:
            raise ValueError(f"{where}: expected a name, found a zero byte in {name!r}")
        kept.append(ffi.new("char[]", name.encode()))
        tensor.name = kept[-1]
    return tensors, kept


def _fed(input_feed: Mapping[str, AnyArray]) -> tuple[Any, list[Any]]:
    """The inputs for the library, and what they are in."""
    if not isinstance(input_feed, Mapping):
        raise TypeError(f"inputs: expected a dict of arrays by their names, found {type(input_feed).__name__}")
    tensors, kept = _named_tensors(input_feed, "inputs")
    for tensor, (name, given) in zip(tensors, input_feed.items(), strict=True):
        where = f"input '{name}'"
        if not isinstance(given, (np.ndarray, np.generic)):
            raise TypeError(f"{where}: expected a NumPy array, found {type(given).__name__}")
        array = np.require(given, requirements=["C", "A"]).reshape(given.shape)  # itself where it is contiguous
        describe_array(tensor, array, where)
        kept.append(array)
    return tensors, kept


def _came_out(name: str, array: AnyArray, tensor: Any) -> AnyArray:
    """What a run wrote into an array."""
    shape = tuple(tensor.dims[i] for i in range(tensor.rank))
    if dtype_of(tensor.type) != array.dtype:
        raise TypeError(f"output '{name}': expected an array of {dtype_of(tensor.type)}, found {array.dtype}")
    return array if shape == array.shape else array.reshape(-1)[: math.prod(shape)].reshape(shape)


def profile_of(session: Any) -> list[ProfileEntry]:
    entries, count = ffi.new("iou_profile_entry **"), ffi.new("size_t *")
    check(lib.iou_session_profile, session, entries, count)
    return [ProfileEntry(text_of(one.name) or "", text_of(one.type) or "", text_of(one.algorithm) or "",
                         text_of(one.isa) or "", one.milliseconds, one.gflop, one.bytes)
            for one in entries[0][0 : count[0]]]


def memory_of(session: Any) -> MemoryUse:
    arena, weights = ffi.new("size_t *"), ffi.new("size_t *")
    lib.iou_session_memory(session, arena, weights)
    return MemoryUse(arena[0], weights[0])
