"""libiou on x86-64 processors without AVX, which QEMU emulates: no illegal instruction, and the bits of the plain C
code of this processor; with OpenBLAS, the products of that. `iourun` starts there too."""

import os
import pathlib
import shutil
import subprocess

import libiou
import numpy as np
import pytest
from dynamic_models import constants, model, node, value
from libiou import ROOT

QEMU = shutil.which("qemu-x86_64-static")
PROCESSORS = ("Nehalem", "qemu64")
HAS_BLAS = libiou.build_part("blas") != "none"
pytestmark = pytest.mark.xdist_group("old_processors")  # what is emulated is built once
RNG = np.random.default_rng(11)


def network() -> bytes:
    """What detectors are made of, small: convolutions of each kind, pooling, resizing, attention, reductions."""
    def weights(*shape):
        return RNG.normal(size=shape).astype(np.float32) / 8

    fixed = {"stem": weights(16, 3, 3, 3), "wide": weights(32, 16, 1, 1), "deep": weights(32, 1, 3, 3),
             "plain": weights(32, 32, 3, 3), "keys": weights(32, 32), "twice": np.array([1, 1, 2, 2], np.float32),
             "rows": np.array([1, 32, -1], np.int64), "last": np.array([2], np.int64)}
    nodes = [node("Conv", ["x", "stem"], ["a"], strides=[2, 2], pads=[1] * 4), node("Sigmoid", ["a"], ["s"]),
             node("Mul", ["a", "s"], ["b"]), node("Conv", ["b", "wide"], ["c"]), node("Relu", ["c"], ["d"]),
             node("Conv", ["d", "deep"], ["e"], group=32, pads=[1] * 4),
             node("Conv", ["e", "plain"], ["f"], pads=[1] * 4), node("Add", ["e", "f"], ["g"]),
             node("MaxPool", ["g"], ["h"], kernel_shape=[2, 2], strides=[2, 2]),
             node("Resize", ["h", "", "twice"], ["i"], mode="linear"), node("Concat", ["i", "g"], ["j"], axis=1),
             node("Reshape", ["h", "rows"], ["k"]), node("Transpose", ["k"], ["l"], perm=[0, 2, 1]),
             node("MatMul", ["l", "keys"], ["m"]), node("MatMul", ["m", "k"], ["n"]), node("Softmax", ["n"], ["o"]),
             node("MatMul", ["o", "l"], ["y1"]), node("ReduceMean", ["j"], ["y0"], axes=[2, 3])]
    return model(nodes, [value("x", shape=[1, 3, 48, 64])], [value("y0"), value("y1")], constants(**fixed))


def emulated(processor: str, *command: object, given: str = "", **variables: str) -> subprocess.CompletedProcess:
    result = subprocess.run([QEMU, "-cpu", processor, *map(str, command)], input=given, capture_output=True, text=True,
                            check=False, env={**os.environ, "IOU_ISA": "", **variables})
    assert result.returncode == 0, f"{processor}: {result.returncode}: {result.stderr}"
    return result


class Emulation:
    """The network on one seeded picture."""

    def __init__(self, folder: pathlib.Path):
        assert QEMU, "qemu-x86_64-static is missing: install qemu-user-static"
        self.folder, self.worker = folder, pathlib.Path(libiou.LIBRARY._name).parent / "bench_libiou"
        subprocess.run(["make", "--silent", "bench-worker", f"LIB={self.worker.parent}"], cwd=ROOT, check=True)
        self.model, self.picture = network(), RNG.normal(size=(1, 3, 48, 64)).astype(np.float32)
        (folder / "network.onnx").write_bytes(self.model)
        self.picture.tofile(folder / "picture.f32")

    def expected(self) -> list[np.ndarray]:
        """By the plain C code of this processor."""
        return list(libiou.Session(self.model, isa="scalar").run({"x": self.picture}).values())

    def outputs(self, processor: str, **variables: str) -> tuple[list[np.ndarray], str]:
        """What the emulated processor computes, and what the library says of itself."""
        done = emulated(processor, self.worker, self.folder / "network.onnx", self.folder / "picture.f32", "1x3x48x64",
                        2, given=f"run\noutputs {self.folder / 'out'}\nquit\n", **variables)
        return [np.fromfile(self.folder / f"out.{index}.f32", np.float32) for index in range(2)], done.stderr


@pytest.fixture
def emulation(tmp_path):
    return Emulation(tmp_path)


@pytest.mark.parametrize("processor", PROCESSORS)
def test_same_bits(processor, emulation):
    found, said = emulation.outputs(processor, IOU_ISA="scalar" if HAS_BLAS else "")
    assert "session opened: scalar" in said
    for array, right in zip(found, emulation.expected(), strict=True):
        assert array.tobytes() == right.tobytes()


@pytest.mark.skipif(not HAS_BLAS, reason="built without OpenBLAS")
@pytest.mark.parametrize("processor, core", [("Nehalem", ""), ("qemu64", "Prescott")])
def test_blas_by_itself(processor, core, emulation):
    """Where there are no kernels. OpenBLAS takes qemu64 for an Opteron, some of whose instructions it lacks."""
    if core:
        said = emulation.outputs(processor)[1]
        assert "session opened: scalar" in said and f"not used; set OPENBLAS_CORETYPE={core}" in said
    found, said = emulation.outputs(processor, OPENBLAS_CORETYPE=core)
    assert "session opened: blas" in said and "OPENBLAS_CORETYPE" not in said
    for array, right in zip(found, emulation.expected(), strict=True):
        assert np.abs(array - right.ravel()).max() <= 1e-5 * np.ptp(right)


@pytest.mark.parametrize("processor", PROCESSORS)
def test_tool_starts(processor):
    assert emulated(processor, ROOT / ".build/release/iourun", "--version").stdout.strip()
