"""Level blas: refused in one line where the library has none; the same bits for any number of threads, and from many
sessions at the same time."""

from concurrent.futures import ThreadPoolExecutor

import libiou
import numpy as np
import pytest
from dynamic_models import constants, model, node, value

HAS_BLAS = libiou.build_part("blas") != "none"
RNG = np.random.default_rng(3)


def network() -> bytes:
    def weights(*shape):
        return RNG.normal(size=shape).astype(np.float32) / 8

    fixed = {"first": weights(24, 3, 3, 3), "second": weights(150, 24, 1, 1), "third": weights(16, 150, 3, 3),
             "last": weights(16, 130), "rows": np.array([-1, 16], np.int64)}
    nodes = [node("Conv", ["x", "first"], ["a"], pads=[1] * 4), node("Conv", ["a", "second"], ["b"]),
             node("Relu", ["b"], ["c"]), node("Conv", ["c", "third"], ["d"], strides=[2, 2]),
             node("Reshape", ["d", "rows"], ["e"]), node("MatMul", ["e", "last"], ["y0"])]
    return model(nodes, [value("x", shape=[1, 3, 37, 41])], [value("y0")], constants(**fixed))


@pytest.mark.skipif(HAS_BLAS, reason="built with OpenBLAS")
def test_refused():
    with pytest.raises(libiou.IoUError, match="'blas': expected a library built with BLAS=1, found one without"):
        libiou.Session(network(), isa="blas")


@pytest.mark.skipif(not HAS_BLAS, reason="built without OpenBLAS")
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_same_bits(threads):
    """Debian's OpenBLAS has no locks: callers at the same time would be given the same buffer."""
    made, x = network(), RNG.normal(size=(1, 3, 37, 41)).astype(np.float32)
    expected = libiou.Session(made, isa="blas", threads=1).run({"x": x})["y0"]

    def differing(_: int) -> int:
        session = libiou.Session(made, isa="blas", threads=threads)
        return sum(session.run({"x": x})["y0"].tobytes() != expected.tobytes() for _ in range(100))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(differing, range(8))) == 0
