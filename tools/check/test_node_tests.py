"""ONNX's own tests of one or a few nodes.

node_tests_unsupported.txt, which references/node_models.py writes, lists the cases that are expected to be unsupported,
and is exact: an unlisted case that is unsupported fails, and so does a listed one that is not.
"""

import pathlib

import pytest
from node_models import expected, folders, run_case

FOUND, LISTED = folders(), expected()


@pytest.mark.parametrize("folder", FOUND, ids=[folder.name for folder in FOUND])
def test_node(folder: pathlib.Path):
    result, why = run_case(folder)
    if result == "unsupported" and folder.name in LISTED:
        pytest.xfail(why)
    assert result == "pass", why
    assert folder.name not in LISTED, "is listed as unsupported and is not"


def test_every_listed_case_exists():
    assert not LISTED - {folder.name for folder in FOUND}
