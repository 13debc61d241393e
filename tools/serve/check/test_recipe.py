"""docs/recipes/serve.md, word by word."""

import shutil
import socket

import pytest
from recipe_page import Page

from served import BINARY, MODEL, ROOT

PORT = 8000  # the page's


@pytest.fixture
def folder(tmp_path):
    """What the page's reader has."""
    with socket.socket() as taken:
        if taken.connect_ex(("127.0.0.1", PORT)) == 0:
            pytest.skip(f"port {PORT} is in use")
    shutil.copy(MODEL, tmp_path / "mine.onnx")
    shutil.copy(ROOT / "Examples/smear.png", tmp_path)
    return tmp_path


def test_the_recipe(folder):
    page = Page.read(ROOT / "docs/recipes/serve.md")
    faults = [f"{commands}{fault}" for commands, fault in page.faults(page.run(folder, [BINARY.parent])) if fault]
    assert not faults, "\n".join(faults)
