"""libiou on x86-64 processors without AVX, which QEMU emulates: no illegal instruction, and the bits of the plain C
code of this processor. `iourun` starts there too."""

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


def emulated(processor: str, *command: object, given: str = "") -> str:
    result = subprocess.run([QEMU, "-cpu", processor, *map(str, command)], input=given, capture_output=True, text=True,
                            check=False)
    assert result.returncode == 0, f"{processor}: {result.returncode}: {result.stderr}"
    return result.stdout


@pytest.mark.parametrize("processor", PROCESSORS)
def test_same_bits(processor, tmp_path):
    assert QEMU, "qemu-x86_64-static is missing: install qemu-user-static"
    worker = pathlib.Path(libiou.LIBRARY._name).parent / "bench_libiou"
    subprocess.run(["make", "--silent", "bench-worker", f"LIB={worker.parent}"], cwd=ROOT, check=True)
    made, picture = network(), RNG.normal(size=(1, 3, 48, 64)).astype(np.float32)
    (tmp_path / "network.onnx").write_bytes(made)
    picture.tofile(tmp_path / "picture.f32")
    emulated(processor, worker, tmp_path / "network.onnx", tmp_path / "picture.f32", "1x3x48x64", 2,
             given=f"run\noutputs {tmp_path / 'out'}\nquit\n")
    expected = libiou.Session(made, isa="scalar").run({"x": picture})
    for index, name in enumerate(("y0", "y1")):
        assert np.fromfile(tmp_path / f"out.{index}.f32", np.float32).tobytes() == expected[name].tobytes(), name


@pytest.mark.parametrize("processor", PROCESSORS)
def test_tool_starts(processor):
    assert emulated(processor, ROOT / ".build/release/iourun", "--version").strip()
