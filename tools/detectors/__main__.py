"""The command line of tools/detectors/run.sh."""

import argparse
import dataclasses
import pathlib

from bench import kinds, machine
from bench.cases import ROOT
from bench.names import check_names
from detectors import document
from detectors.apart import apart
from detectors.recipe import Recipe, make, recipes
from detectors.results import Result, read, write
from detectors.times import measure_detector
from detectors.values import compare_values

ABOUT = """Makes ONNX exports of real detectors with seeded weights, compares every output of libiou with ONNX Runtime's
without optimisations, and times libiou, ONNX Runtime and OpenVINO in turn. A file that is there is not made again."""


def main() -> None:
    arguments = _parse()
    known = recipes()
    if not check_names(arguments, known):
        return
    results_path = arguments.folder / f"results-{kinds.slug(machine.kind())}.json"
    for name in _names(arguments, known):
        model = (arguments.folder / name).with_suffix(".onnx")
        problem = _made(known[name], model, arguments.again)
        if arguments.make_only:
            print(f"{name}: {problem or 'made'}", flush=True)
            continue
        earlier = read(results_path).get(name, Result())
        result = Result(problem) if problem else _run(known[name], model, earlier, arguments)
        results = read(results_path)
        results[name] = result
        write(results_path, {key: results[key] for key in known if key in results}, machine.description())
        print(document.line(name, result), flush=True)
    if arguments.document:
        document.write(read(results_path), machine.description(), machine.kind())


def _names(arguments: argparse.Namespace, known: dict[str, Recipe]) -> list[str]:
    """Those of which something is wanted."""
    if arguments.no_values and arguments.no_times and not arguments.make_only:
        return []
    return arguments.names or list(known)


def _made(recipe: Recipe, model: pathlib.Path, again: bool) -> str:
    """Makes the file unless it is there; what went wrong."""
    if model.exists() and not again:
        return ""
    problem = apart(make, recipe.name, model)
    return f"not made: {problem}" if problem else ""


def _run(recipe: Recipe, model: pathlib.Path, earlier: Result, arguments: argparse.Namespace) -> Result:
    """What `earlier` knows, and what is compared and measured now."""
    result = dataclasses.replace(earlier, problem="")
    if not arguments.no_values:
        values = apart(compare_values, recipe.name, model)
        if isinstance(values, str):
            return Result(problem=values)
        result.values = values
    if not arguments.no_times:
        picture = model.with_suffix(".f32")
        recipe.picture().tofile(picture)
        result.take_times(measure_detector(
            recipe.name, recipe.shape, model, picture, arguments.threads, arguments.runs, arguments.rounds))
    return result


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser("run.sh", description=ABOUT)
    parser.add_argument("names", nargs="*", help="all without any")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "out" / "detectors")
    parser.add_argument("--list", action="store_true", help="print the names")
    parser.add_argument("--again", action="store_true", help="make files that are there")
    parser.add_argument("--make-only", action="store_true", help="compare and measure nothing")
    parser.add_argument("--no-values", action="store_true", help="compare nothing, keep what an earlier run found")
    parser.add_argument("--no-times", action="store_true", help="measure nothing, keep what an earlier run found")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=7, help="in every round")
    parser.add_argument("--rounds", type=int, default=2, help="fresh processes of each side")
    parser.add_argument("--document", action="store_true", help="write docs/detectors.md from the folder's results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
