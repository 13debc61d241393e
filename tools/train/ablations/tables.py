"""The tables of docs/ablations.md, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .results import COLUMNS, Result, Spread
from .runs import BASELINE, DATA_SETS, FINE_TUNING, SEEDS

AUTHORS_ALPHA = 0.5
Score = Callable[[Result], dict[str, float]]


def at(alpha: float, oracle: bool = False) -> Score:
    return lambda result: result.score(alpha, oracle)


def chosen(results: list[Result], data: str, variant: str) -> list[Result]:
    """The seeds of a row; none until all of SEEDS are in."""
    found = [r for r in results if (r.data, r.variant) == (data, variant)]
    return found if {r.seed for r in found} >= set(SEEDS) else []


def rows_of(results: list[Result], data: str, variants: Iterable[str]) -> dict[str, list[Result]]:
    """The variants that have results, over the seeds that all of these have."""
    rows = {variant: chosen(results, data, variant) for variant in variants}
    rows = {variant: runs for variant, runs in rows.items() if runs}
    seeds = [{r.seed for r in runs} for runs in rows.values()]
    return {variant: [r for r in runs if all(r.seed in of_row for of_row in seeds)]
            for variant, runs in rows.items()}


def seeds_line(**runs: list[Result]) -> str:
    """Such as "Seeds: bccd 7, cards 3." below a table; nothing below an empty one."""
    counts = ", ".join(f"{data} {len(of_data)}" for data, of_data in runs.items() if of_data)
    return f"\nSeeds: {counts}.\n" if counts else ""


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
    rows, runs_of = [], {}
    for data in DATA_SETS:
        runs = rows_of(results, data, (BASELINE, "bce"))
        if len(runs) == 2:
            base = runs_of[data] = runs[BASELINE]
            aware = runs["bce"]
            rows += [spread_row([data, "RetinaNet"], base, at(1)),
                     spread_row([data, "IoU-aware, α = 1"], aware, at(1)),
                     spread_row([data, "IoU-aware, α = 0.5"], aware, at(AUTHORS_ALPHA)),
                     gain_row([data, "gain over RetinaNet"], aware, at(AUTHORS_ALPHA),
                              base, at(1)),
                     gain_row([data, "gain over α = 1"], aware, at(AUTHORS_ALPHA), aware, at(1))]
    return markdown(["data", "detector", *COLUMNS], rows) + seeds_line(**runs_of)


def loss_table(results: list[Result]) -> str:
    """(b) The IoU loss."""
    names = {"bce": "BCE", "l1": "L1", "l2": "L2"}
    runs = rows_of(results, "bccd", names)
    rows = [spread_row([names[variant], f"{alpha:g}"], of_row, at(alpha))
            for variant, of_row in runs.items() for alpha in (1, AUTHORS_ALPHA)]
    return markdown(["IoU loss", "α", *COLUMNS], rows) + seeds_line(bccd=runs.get("bce", []))


def alpha_table(results: list[Result], data: str) -> str:
    """(c) The exponent."""
    runs = chosen(results, data, "bce")
    rows = [spread_row([f"{alpha:g}"], runs, at(alpha)) for alpha in runs[0].alphas] if runs else []
    return markdown(["α", *COLUMNS], rows) + seeds_line(**{data: runs})


def target_table(results: list[Result]) -> str:
    """(d) The gradient through the IoU loss's target."""
    names = {"bce": "detached", "bce-attached": "attached"}
    runs = rows_of(results, "bccd", (BASELINE, *names))
    rows = [spread_row([name, f"{alpha:g}"], runs[variant], at(alpha))
            for variant, name in names.items() if variant in runs for alpha in (1, AUTHORS_ALPHA)]
    if "bce-attached" in runs:
        for other, name, alpha in (("bce", "detached", AUTHORS_ALPHA), (BASELINE, "RetinaNet", 1)):
            if other in runs:
                rows.append(gain_row([f"attached − {name}", f"{AUTHORS_ALPHA:g}"],
                                     runs["bce-attached"], at(AUTHORS_ALPHA), runs[other],
                                     at(alpha)))
    return markdown(["target", "α", *COLUMNS], rows) + seeds_line(bccd=runs.get("bce", []))


def oracle_table(results: list[Result]) -> str:
    """(e) The true IoU in place of the predicted one."""
    runs_of = {data: chosen(results, data, "bce") for data in DATA_SETS}
    rows = [spread_row([data, name], runs, at(AUTHORS_ALPHA, oracle))
            for data, runs in runs_of.items() if runs
            for name, oracle in (("predicted", False), ("true", True))]
    return markdown(["data", "IoU", *COLUMNS], rows) + seeds_line(**runs_of)


def fine_tuning_table(results: list[Result]) -> str:
    """(f) An IoU head added to a finished RetinaNet."""
    runs = rows_of(results, "bccd", (BASELINE, *FINE_TUNING, "bce"))
    base = runs.get(BASELINE, [])
    rows = [spread_row(["RetinaNet", "1"], base, at(1))] if base else []
    for variant in FINE_TUNING:
        if variant in runs:
            rows += [spread_row([variant.replace("-", " "), "0.5"], runs[variant],
                                at(AUTHORS_ALPHA)),
                     gain_row(["gain", ""], runs[variant], at(AUTHORS_ALPHA), base, at(1))]
    if "bce" in runs:
        rows.append(spread_row(["trained together", "0.5"], runs["bce"], at(AUTHORS_ALPHA)))
    return markdown(["detector", "α", *COLUMNS], rows) + seeds_line(bccd=base)


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
