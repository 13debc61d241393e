"""Malformed and hostile models against the runtime: no crash, no hang, no memory blow-up, no silent acceptance.

Every case opens a model in a forked child with limits and, where it opens, runs it fused and node by node. A case
"must refuse" passes when the answer is an error of one line that names what is wrong; a legal but hostile case passes
when it computes what ONNX defines or is refused in the same way. Also: a good model cut at every byte, and seeded
mutations of two good models. Prints a line a failure and "N passed, N failed" last; exits with 1 after a failure.

LIBIOU names another build of the library, such as one with sanitizers, which LD_PRELOAD then wants first.
"""

import argparse

from hostile_file_cases import graph_cases, input_cases, tensor_cases
from hostile_models import CASES
from hostile_mutations import good_models, mutations, truncations
from hostile_run import check_case
from hostile_shape_cases import number_cases, pad_and_reduce_cases, shape_cases
from hostile_window_cases import empty_cases, resize_cases, window_cases
from libiou import LIBRARY
from tally import Tally


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="cases whose name holds this text, and nothing else")
    parser.add_argument("--mutations", type=int, default=2000)
    arguments = parser.parse_args()
    library, tally = LIBRARY, Tally(quiet=True)
    for cases in (tensor_cases, graph_cases, input_cases, empty_cases, window_cases, shape_cases, resize_cases,
                  number_cases, pad_and_reduce_cases):
        cases()
    for case in CASES:
        if arguments.only in case.name:
            check_case(case, library, tally)
    if not arguments.only:
        truncations(library, tally)
        mutations(library, tally, arguments.mutations, good_models())
    tally.finish()


if __name__ == "__main__":
    main()
