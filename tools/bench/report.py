"""What the times say: medians, spread and ratios, as rows of a table and as JSON."""

import dataclasses
import statistics
from collections.abc import Callable

from bench.measure import CaseTimes, SideTimes
from bench.sides import FLOAT, IOURUN, LIBIOU, ONNXRUNTIME, PEERS

COLUMNS = ("side", "median ms", "quartiles", "best", "load ms", "first result ms", "import ms", "peak MB", "difference")
INT8_COLUMNS = (*COLUMNS, "from float32")
RATIOS = ("case", "threads", "fastest peer", "ratio", "through iourun", "first result", "memory", "others' load")
INT8_RATIOS = ("case", "threads", "fastest int8 peer", "ratio", "our float32 / int8", "through iourun", "first result",
               "memory", "difference", "others' load")


@dataclasses.dataclass(frozen=True)
class Summary:
    """One side of a case: medians over its runs and processes. `first_ms` is without a peer's imports."""

    version: str
    median_ms: float
    quartiles_ms: tuple[float, float]
    best_ms: float
    load_ms: float
    first_ms: float
    import_ms: float
    peak_memory_bytes: int
    difference: float | None
    loss: float | None


def summary(side: str, times: SideTimes) -> Summary | None:
    """Nothing for a side that failed. libiou has nothing to import: its first result counts from the process's
    start, a peer's from the end of its imports."""
    if times.problem or not times.runs_ms:
        return None
    ours = side not in PEERS
    runs = times.runs_ms
    quartiles = statistics.quantiles(runs, n=4, method="inclusive") if len(runs) > 1 else [runs[0]] * 3
    first = [start - (0 if ours else spent) for start, spent in zip(times.start_ms, times.import_ms)]
    return Summary(
        times.version, statistics.median(runs), (quartiles[0], quartiles[2]), min(runs),
        statistics.median(times.load_ms), statistics.median(first), statistics.median(times.import_ms),
        int(statistics.median(times.peak_memory)), times.difference, times.loss)


def summaries(times: CaseTimes) -> dict[str, Summary]:
    """The sides that ran."""
    found = {side: summary(side, seen) for side, seen in times.sides.items()}
    return {side: s for side, s in found.items() if s is not None}


def ratios(times: CaseTimes) -> dict[str, float | str]:
    """The fastest peer's medians over libiou's, ONNX Runtime's memory over libiou's; what can be said of them."""
    found = summaries(times)
    peers = {side: s for side, s in found.items() if side in PEERS}
    if LIBIOU not in found or not peers:
        return {}
    ours = found[LIBIOU]
    fastest = min(peers, key=lambda side: peers[side].median_ms)
    result: dict[str, float | str] = {
        "fastest_peer": fastest, "latency": peers[fastest].median_ms / ours.median_ms,
        "first_result": min(s.first_ms for s in peers.values()) / ours.first_ms}
    if IOURUN in found:
        result["latency_iourun"] = peers[fastest].median_ms / found[IOURUN].median_ms
    if FLOAT in found:
        result["latency_float"] = found[FLOAT].median_ms / ours.median_ms
    if ONNXRUNTIME in peers:
        result["memory"] = peers[ONNXRUNTIME].peak_memory_bytes / ours.peak_memory_bytes
    return result


def as_json(cases: list[CaseTimes], machine: str, runs: int, rounds: int) -> dict:
    """Everything, single times too."""
    return {"machine": machine, "runs_per_round": runs, "rounds": rounds, "cases": [{
        "case": t.case.name, "shape": t.case.shape, "threads": t.threads, "others_load_processors": t.foreign_load,
        "ratios": ratios(t), "sides": {side: dataclasses.asdict(seen) for side, seen in t.sides.items()},
        "summaries": {side: dataclasses.asdict(s) for side, s in summaries(t).items()}} for t in cases]}


def side_table(times: CaseTimes, write: Callable) -> str:
    """A row per side, as `text_table` or `markdown_table` write it; a side that failed has its reason in the second
    cell."""
    rows = []
    for side, seen in times.sides.items():
        s = summary(side, seen)
        if s is None:
            rows.append((side, "failed: " + seen.problem.replace("|", "/")))
            continue
        rows.append((
            side, f"{s.median_ms:.1f}", f"{s.quartiles_ms[0]:.1f}–{s.quartiles_ms[1]:.1f}", f"{s.best_ms:.1f}",
            f"{s.load_ms:.0f}", f"{s.first_ms:.0f}", f"{s.import_ms:.0f}" if side in PEERS else "–",
            f"{s.peak_memory_bytes / 1e6:.0f}", _error(s.difference), *[_error(s.loss)] * times.case.int8))
    return write(INT8_COLUMNS if times.case.int8 else COLUMNS, rows)


def ratio_table(cases: list[CaseTimes], write: Callable) -> str:
    """A row per case, in float32 or all in int8."""
    return write(INT8_RATIOS if cases[0].case.int8 else RATIOS, [_ratio_row(times) for times in cases])


def _ratio_row(times: CaseTimes) -> tuple[str, ...]:
    found = ratios(times)

    def cell(name: str) -> str:
        return f"{found[name]:.2f}" if name in found else "–"

    whose = (times.case.name, str(times.threads), str(found.get("fastest_peer", "–")), cell("latency"))
    shared = cell("latency_iourun"), cell("first_result"), cell("memory")
    load = f"{times.foreign_load:.2f}"
    if not times.case.int8:
        return *whose, *shared, load
    return *whose, cell("latency_float"), *shared, _error(times.sides[LIBIOU].difference), load


def _error(parts: float | None) -> str:
    return "–" if parts is None else f"{parts:.1e}"


def text_table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Columns for a terminal; rows with fewer cells run on to the right."""
    whole = [row for row in (header, *rows) if len(row) == len(header)]
    widths = [max(len(row[i]) for row in whole) for i in range(len(header))]
    widths[0] = max(widths[0], *(len(row[0]) for row in rows)) if rows else widths[0]
    return "\n".join("  ".join(
        [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]).rstrip()
        for row in (header, *rows))


def markdown_table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *(row + ("",) * (len(header) - len(row)) for row in rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in lines)
