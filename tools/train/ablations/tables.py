"""The tables of docs/ablations.md, as Markdown."""

from __future__ import annotations

from collections.abc import Callable

from .results import COLUMNS, Result, Spread
from .runs import BASELINE, DATA_SETS, FINE_TUNING, SEEDS

AUTHORS_ALPHA = 0.5
Score = Callable[[Result], dict[str, float]]


def at(alpha: float, oracle: bool = False) -> Score:
    return lambda result: result.score(alpha, oracle)


def chosen(results: list[Result], data: str, variant: str) -> list[Result]:
    """The seeds of a row; none until all of them are in."""
    found = [r for r in results if (r.data, r.variant) == (data, variant)]
    return found if {r.seed for r in found} >= set(SEEDS) else []


def markdown(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def spread_row(label: list[str], results: list[Result], score: Score) -> list[str]:
    scores = [score(r) for r in results]
    return label + [Spread.of([s[c] for s in scores]).percent() for c in COLUMNS]


def gain_row(label: list[str], results: list[Result], score: Score,
             base: list[Result], base_score: Score) -> list[str]:
    """Differences seed by seed."""
    of_seed = {r.seed: base_score(r) for r in base}
    pairs = [(score(r), of_seed[r.seed]) for r in results if r.seed in of_seed]
    return label + [Spread.of([a[c] - b[c] for a, b in pairs]).percent(signed=True)
                    for c in COLUMNS]


def baseline_table(results: list[Result]) -> str:
    """(a) RetinaNet against the IoU-aware one."""
    rows = []
    for data in DATA_SETS:
        base, aware = chosen(results, data, BASELINE), chosen(results, data, "bce")
        if base and aware:
            rows += [spread_row([data, "RetinaNet"], base, at(1)),
                     spread_row([data, "IoU-aware, α = 1"], aware, at(1)),
                     spread_row([data, "IoU-aware, α = 0.5"], aware, at(AUTHORS_ALPHA)),
                     gain_row([data, "gain over RetinaNet"], aware, at(AUTHORS_ALPHA),
                              base, at(1)),
                     gain_row([data, "gain over α = 1"], aware, at(AUTHORS_ALPHA), aware, at(1))]
    return markdown(["data", "detector", *COLUMNS], rows)


def loss_table(results: list[Result]) -> str:
    """(b) The IoU loss."""
    rows = []
    for variant, name in (("bce", "BCE"), ("l1", "L1"), ("l2", "L2")):
        runs = chosen(results, "bccd", variant)
        if runs:
            rows += [spread_row([name, "1"], runs, at(1)),
                     spread_row([name, "0.5"], runs, at(AUTHORS_ALPHA))]
    return markdown(["IoU loss", "α", *COLUMNS], rows)


def alpha_table(results: list[Result], data: str) -> str:
    """(c) The exponent."""
    runs = chosen(results, data, "bce")
    rows = [spread_row([f"{alpha:g}"], runs, at(alpha)) for alpha in runs[0].alphas] if runs else []
    return markdown(["α", *COLUMNS], rows)


def target_table(results: list[Result]) -> str:
    """(d) The gradient through the IoU loss's target."""
    rows = []
    for variant, name in (("bce", "detached"), ("bce-attached", "attached")):
        runs = chosen(results, "bccd", variant)
        if runs:
            rows += [spread_row([name, f"{alpha:g}"], runs, at(alpha)) for alpha in (1, 0.5)]
    detached, attached = chosen(results, "bccd", "bce"), chosen(results, "bccd", "bce-attached")
    if detached and attached:
        rows.append(gain_row(["attached − detached", "0.5"], attached, at(AUTHORS_ALPHA), detached,
                             at(AUTHORS_ALPHA)))
    base = chosen(results, "bccd", BASELINE)
    if attached and base:
        rows.append(gain_row(["attached − RetinaNet", "0.5"], attached, at(AUTHORS_ALPHA), base,
                             at(1)))
    return markdown(["target", "α", *COLUMNS], rows)


def oracle_table(results: list[Result]) -> str:
    """(e) The true IoU in place of the predicted one."""
    rows = []
    for data in DATA_SETS:
        runs = chosen(results, data, "bce")
        if runs:
            rows += [spread_row([data, "predicted"], runs, at(AUTHORS_ALPHA)),
                     spread_row([data, "true"], runs, at(AUTHORS_ALPHA, oracle=True))]
    return markdown(["data", "IoU", *COLUMNS], rows)


def fine_tuning_table(results: list[Result]) -> str:
    """(f) An IoU head added to a finished RetinaNet."""
    base = chosen(results, "bccd", BASELINE)
    rows = [spread_row(["RetinaNet", "1"], base, at(1))] if base else []
    for variant in FINE_TUNING:
        runs = chosen(results, "bccd", variant)
        if runs:
            rows += [spread_row([variant.replace("-", " "), "0.5"], runs, at(AUTHORS_ALPHA)),
                     gain_row(["gain", ""], runs, at(AUTHORS_ALPHA), base, at(1))]
    together = chosen(results, "bccd", "bce")
    if together:
        rows.append(spread_row(["trained together", "0.5"], together, at(AUTHORS_ALPHA)))
    return markdown(["detector", "α", *COLUMNS], rows)


def confidence_table(results: list[Result]) -> str:
    """What says most about the true IoU of a detection at α = 0.5."""
    names = {"probability": "class probability p", "iou": "predicted IoU", "score": "S"}
    rows = []
    for data in DATA_SETS:
        studies = [r.content["confidence"] for r in chosen(results, data, "bce")
                   if "confidence" in r.content]
        for key, name in names.items():
            if studies:
                values = [[study[key][who][kind] for study in studies]
                          for who in ("all", "positives") for kind in ("pearson", "spearman")]
                rows.append([data, name, *(Spread.of(v).plain() for v in values)])
    return markdown(["data", "confidence", "Pearson", "Spearman", "Pearson, IoU ≥ 0.5",
                     "Spearman, IoU ≥ 0.5"], rows)
