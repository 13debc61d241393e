"""Pages with a table for each kind of processor: a run replaces its own and keeps the others, byte for byte."""

import sys

import pytest
from libiou import ROOT

sys.path.insert(0, str(ROOT / "tools"))
from bench import kinds  # noqa: E402

FIRST, SECOND = "GenuineIntel, family 6, model 85, AVX-512", "AuthenticAMD, family 23, model 49, AVX2"


def test_sections():
    page = kinds.replaced("", FIRST, "a table\n\nof lines\n")
    both = kinds.replaced(page, SECOND, "another")
    assert kinds.sections(both) == {FIRST: "a table\n\nof lines\n\n", SECOND: "another\n"}
    assert both.startswith(page)
    assert kinds.replaced(both, FIRST, "a newer one") == kinds.replaced(
        kinds.replaced("", FIRST, "a newer one"), SECOND, "another")


@pytest.mark.parametrize("name", ["performance.md", "detectors.md"])
def test_pages(name):
    """What is written again is the same."""
    for part in (ROOT / "docs" / name).read_text(encoding="utf-8").split("<!-- written by")[-3:]:
        text = part.split("<!-- end of")[0]
        for kind, section in kinds.sections(text).items():
            assert kinds.replaced(text, kind, section) == text[text.index("<!-- measured on"):]


def test_slugs():
    assert kinds.slug(FIRST) == "genuineintel-6-85-avx512"
    assert kinds.slug(SECOND) == "authenticamd-23-49-avx2"
