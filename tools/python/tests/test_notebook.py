"""The notebook of Examples runs, and prints what it has in it."""

import importlib.util
import pathlib
from typing import Any

import nbformat
from conftest import ROOT
from nbclient import NotebookClient

# By its file: the folder around it has a libiou.py too.
SPECIFICATION = importlib.util.spec_from_file_location("recipe_page", ROOT / "tools/check/references/recipe_page.py")
assert SPECIFICATION and SPECIFICATION.loader
recipe_page = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(recipe_page)

NOTEBOOK = ROOT / "Examples/python/blood-cells.ipynb"
MOST_BYTES = 150_000


def printed(notebook: Any) -> list[list[str]]:
    """Lines that each cell prints; `picture` for what it shows."""
    return [[line for output in cell.outputs
             for line in (output.text.splitlines() if output.output_type == "stream" else ["picture"])]
            for cell in notebook.cells if cell.cell_type == "code"]


def test_the_notebook() -> None:
    written = nbformat.read(NOTEBOOK, as_version=4)
    before = printed(written)
    NotebookClient(written, timeout=120, resources={"metadata": {"path": NOTEBOOK.parent}}).execute()
    for said, found in zip(before, printed(written), strict=True):
        assert recipe_page.agree(said, found), found
    assert ["picture"] in before and NOTEBOOK.stat().st_size < MOST_BYTES


def test_it_is_listed() -> None:
    """Where readers look for it."""
    name = pathlib.PurePath(NOTEBOOK).relative_to(ROOT)
    for page in ("docs/python.md", "docs/recipes/README.md"):
        assert str(name) in (ROOT / page).read_text(encoding="utf-8")
