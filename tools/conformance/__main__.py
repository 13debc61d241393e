"""Runs ONNX's own tests with `iourun conformance`, and tells or writes what passes."""

import argparse
from collections import Counter

from conformance import page, suites
from conformance.score import score


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/conformance/run.sh", description=__doc__)
    parser.add_argument("--newest", action="store_true", help="the node tests of the newest onnx too")
    parser.add_argument("--document", action="store_true", help="write docs/conformance.md")
    arguments = parser.parse_args()
    found = suites.pinned() + ([suites.newest()] if arguments.newest else [])
    scores = {}
    for suite in found:
        scores[suite] = score(suite)
        counts = Counter(case.result for case in scores[suite])
        print(f"onnx {suite.release} {suite.name}: {counts['pass']} passed, {counts['fail']} failed, "
              f"{counts['unsupported']} unsupported", flush=True)
        for case in scores[suite]:
            if case.result == "fail" or not case.is_same_in_all_ways:
                print(f"  {case.name}: {case.result}: {case.why}")
    if arguments.document:
        page.write(scores)
    return any(case.result == "fail" for cases in scores.values() for case in cases)


if __name__ == "__main__":
    raise SystemExit(main())
