"""Times networks in libiou and ONNX Runtime, in turn in one process run, and prints the ratios.

    tools/check/setup.sh && make lib build
    tools/check/.venv/bin/python tools/bench_peers.py --threads 2

The machine's speed drifts, so only ratios of interleaved runs (A B A B …) mean anything: medians of each side, and
the ratio of the medians (above 1: libiou is faster).
"""

import argparse
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools" / "check"))

import libiou  # noqa: E402

CASES = {
    "resnet50 480x640": (["--backbone", "resnet50"], (1, 3, 480, 640)),
    "resnet18 320x320": (["--backbone", "resnet18"], (1, 3, 320, 320)),
    "mobilenetv2 320x448, 3 classes": (["--backbone", "mobilenetv2", "--classes", "3"], (1, 3, 320, 448)),
}


def cpu_name() -> str:
    for line in open("/proc/cpuinfo", encoding="utf-8"):
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def timed(function) -> float:
    """Milliseconds of one call, after the other side's idle threads have stopped spinning."""
    time.sleep(0.3)
    begin = time.perf_counter()
    function()
    return (time.perf_counter() - begin) * 1e3


def peer_session(path: pathlib.Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def measure(path: pathlib.Path, shape, threads: int, runs: int) -> tuple[float, float, float]:
    """Median milliseconds of libiou and ONNX Runtime, and the largest difference in parts of the range."""
    images = np.random.default_rng(1).normal(0, 1, shape).astype(np.float32)
    ours, peer = libiou.Session(path, threads=threads), peer_session(path, threads)
    names = [o.name for o in peer.get_outputs()]
    a, b = ours.run({"images": images}), dict(zip(names, peer.run(None, {"images": images})))
    difference = max(float(np.abs(a[n] - b[n]).max() / (np.ptp(b[n]) or 1)) for n in names)
    times = [(timed(lambda: ours.run({"images": images})), timed(lambda: peer.run(None, {"images": images})))
             for _ in range(runs)]
    return statistics.median(t[0] for t in times), statistics.median(t[1] for t in times), difference


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    arguments = parser.parse_args()
    print(f"{cpu_name()}, {arguments.threads} threads, ONNX Runtime {onnxruntime.__version__}, "
          f"{arguments.runs} interleaved runs")
    print(f"{'case':34} {'libiou':>10} {'ONNX Runtime':>14} {'ratio':>7} {'difference':>11}")
    with tempfile.TemporaryDirectory() as folder:
        for name, (options, shape) in CASES.items():
            if arguments.only not in name:
                continue
            path = pathlib.Path(folder) / "case.onnx"
            subprocess.run([ROOT / ".build/release/iouc", "export", path, "--seed", "1", *options], check=True)
            ours, peer, difference = measure(path, shape, arguments.threads, arguments.runs)
            print(f"{name:34} {ours:7.1f} ms {peer:11.1f} ms {peer / ours:7.2f} {difference:11.1e}", flush=True)


if __name__ == "__main__":
    main()
