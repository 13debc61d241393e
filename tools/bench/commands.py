"""How the processes of the sides are started."""

import dataclasses
import json
import subprocess
import sys

from bench.cases import BUILT, ROOT, Case
from bench.files import CaseFiles
from bench.process import SideFailed
from bench.sides import ENGINES


def worker_command(side: str, case: Case, files: CaseFiles, threads: int) -> list:
    """The command of a side that runs on request."""
    model, shape = files.of(side), "x".join(map(str, case.shape))
    if side not in ENGINES:
        return [ROOT / ".build-lib" / "bench_libiou", model, files.images, shape, threads]
    return [sys.executable, "-m", "bench.worker", ENGINES[side], model, files.images, shape, threads]


@dataclasses.dataclass(frozen=True)
class IourunFacts:
    """What `iourun bench` reported of its own process."""

    median_ms: float
    min_ms: float
    load_ms: float
    start_ms: float
    peak_memory: int


def iourun_bench(case: Case, files: CaseFiles, threads: int, runs: int) -> IourunFacts:
    """A whole process of `iourun bench`."""
    shape = "images=" + "x".join(map(str, case.shape))
    done = subprocess.run(
        [BUILT / "iourun", "bench", files.model, "--shape", shape, "--threads", str(threads), "--runs", str(runs),
         "--warmup", "1", "--json", "-"], capture_output=True, text=True)
    if done.returncode != 0:
        raise SideFailed((done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"])[-1])
    report = json.loads(done.stdout)
    return IourunFacts(report["latency_ms"]["median"], report["latency_ms"]["min"], report["load_ms"],
                       report["first_result_ms"], report["peak_memory_bytes"])
