"""ONNX's own tests of one or a few nodes, and of its light networks.

node_tests_unsupported.txt, which references/node_models.py writes, lists the cases that are expected to be unsupported,
and is exact: an unlisted case that is unsupported fails, and so does a listed one that is not.
"""

import pathlib

import pytest
from node_models import expected, folders, run_case
from onnx_cases import lay_out_light, light_names

FOUND, LISTED = folders(), expected()


@pytest.mark.parametrize("folder", FOUND, ids=[folder.name for folder in FOUND])
def test_node(folder: pathlib.Path):
    result, why = run_case(folder)
    if result == "unsupported" and folder.name in LISTED:
        pytest.xfail(why)
    assert result == "pass", why
    assert folder.name not in LISTED, "is listed as unsupported and is not"


@pytest.mark.parametrize("name", light_names())
def test_light(name: str, tmp_path: pathlib.Path):
    result, why = run_case(lay_out_light(name, tmp_path), bakings=(False,))
    assert result == "pass", why


def test_every_listed_case_exists():
    assert not LISTED - {folder.name for folder in FOUND}
