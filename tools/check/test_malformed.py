"""Malformed models against the runtime: no crash, no hang, no memory blow-up, no silent acceptance.

Every case opens a model in a forked child with limits and, where it opens, runs it fused and node by node. A case
"must refuse" passes when the result is an error of one line that names what is wrong; a legal but extreme case passes
when it computes what ONNX defines or is refused in the same way. Also: a good model cut at every byte, and seeded
mutations of two good models.

LIBIOU names another build of the library, such as one with sanitizers, which LD_PRELOAD then wants first.
"""

import pytest
from libiou import LIBRARY
from malformed_file_cases import graph_cases, input_cases, tensor_cases
from malformed_models import collected
from malformed_mutations import good_models, mutations, truncations
from malformed_run import check_case
from malformed_shape_cases import number_cases, pad_and_reduce_cases, shape_cases
from malformed_window_cases import empty_cases, resize_cases, window_cases


@pytest.mark.parametrize("group", [tensor_cases, graph_cases, input_cases, empty_cases, window_cases, shape_cases,
                                   resize_cases, number_cases, pad_and_reduce_cases])
def test_models(group, tally):
    for case in collected(group):
        check_case(case, LIBRARY, tally)


def test_truncations(tally):
    truncations(LIBRARY, tally)


@pytest.mark.parametrize("seeds", [range(first, first + 500) for first in range(0, 2000, 500)], ids=str)
def test_mutations(seeds, tally):
    mutations(LIBRARY, tally, seeds, good_models())
