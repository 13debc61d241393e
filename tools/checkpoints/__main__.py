"""The command line of tools/checkpoints/run.sh."""

import argparse
import dataclasses
import json
import pathlib
import sys

from bench.cases import ROOT
from bench.names import check_names
from checkpoints import document
from checkpoints.compare import Agreement
from checkpoints.run_source import run_source
from checkpoints.source import sources
from detectors.apart import apart

ABOUT = """Makes a checkpoint of each source with seeded weights, exports it with iouc, and compares the final boxes on
real pictures with the source's own."""


def main() -> None:
    arguments = _parse()
    known = sources()
    if not check_names(arguments, known):
        return
    results = arguments.folder / "results.json"
    failed = False
    for name in [] if arguments.no_run else arguments.names or known:
        outcome = apart(run_source, name, arguments.folder / name)
        agreement = Agreement(problems=[outcome]) if isinstance(outcome, str) else outcome
        failed |= bool(agreement.problem())
        everything = _read(results) | {name: agreement}
        _write(results, {key: everything[key] for key in known if key in everything})
        print(document.line(known[name], agreement), flush=True)
    if arguments.document:
        document.write(known, _read(results))
    sys.exit(failed)


def _read(path: pathlib.Path) -> dict[str, Agreement]:
    if not path.exists():
        return {}
    return {name: Agreement(**fields) for name, fields in json.loads(path.read_text()).items()}


def _write(path: pathlib.Path, results: dict[str, Agreement]) -> None:
    report = {name: dataclasses.asdict(agreement) for name, agreement in results.items()}
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser("run.sh", description=ABOUT)
    parser.add_argument("names", nargs="*", help="all without any")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "out" / "checkpoints")
    parser.add_argument("--list", action="store_true", help="print the names")
    parser.add_argument("--no-run", action="store_true", help="run nothing, keep what an earlier run found")
    parser.add_argument("--document", action="store_true", help="write docs/checkpoints.md from the folder's results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
