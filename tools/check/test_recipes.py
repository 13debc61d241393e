"""The pages of docs/recipes: their commands, word by word, in a folder that has what the reader has, and what they
print.

yolo.md needs gigabytes of packages, and runs with --full where `tools/detectors/setup.sh` has put them; serve.md is run
by tools/serve/check, which has the server.
"""

import fcntl
import pathlib
import re
import tempfile

import pytest
import recipe_readers
from libiou import ROOT
from recipe_page import MOST_COMMANDS, Page, agree

RECIPES = ROOT / "docs/recipes"
TOOLS = ROOT / ".build/release"
READERS = {
    "torchvision": recipe_readers.torchvision,
    "mmdetection": recipe_readers.mmdetection,
    "detectron2": recipe_readers.detectron2,
    "quantize": recipe_readers.annotated,
    "alpha-and-threshold": recipe_readers.annotated,
}
ELSEWHERE = {"embed-cpp", "yolo", "serve"}


def run(name: str, tally, folder: pathlib.Path, *path: pathlib.Path, **environment) -> None:
    page = Page.read(RECIPES / f"{name}.md")
    tally.add_all(page.faults(page.run(folder, [TOOLS, *path], **environment)))


@pytest.mark.parametrize("name", READERS)
def test_recipe(name, tally, tmp_path):
    READERS[name](tmp_path)
    run(name, tally, tmp_path)


@pytest.mark.xdist_group("embedding")
def test_embedding(tally, tmp_path):
    """Only one process builds the library at a time, as in test_embedding.py."""
    recipe_readers.shipped(tmp_path)
    with open(pathlib.Path(tempfile.gettempdir()) / "iou-check-install.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run("embed-cpp", tally, tmp_path)


SAID = """```sh
printf 'a 1.25\\nb 7\\nc\\n'
```

```text
a 1.26
…
c
```

```sh name.txt
what the reader has saved
```

```sh
cat name.txt
false | true
```

```sh
echo more
```
"""


def test_drift(tally, tmp_path):
    """What pages say is compared: a page whose second commands fail, and some of its first ones' lines."""
    (tmp_path / "page.md").write_text(SAID)
    page = Page.read(tmp_path / "page.md")
    printed = page.run(tmp_path, [TOOLS])
    tally.add("a failure ends it", None if printed[1:] == [["what the reader has saved", "status 1"]] else f"{printed}")
    faults = [fault for _, fault in page.faults(printed)]
    tally.add("faults", None if faults[0] is None and all(faults[1:]) and len(faults) == 3 else f"{faults}")
    for said, found, expected in (("a 1.26", "a 1.25", True), ("a 1.26", "a 1.29", False), ("a 7", "a 8", False),
                                  ("7 found", "7 found, and more", False), ("7 found…", "7 found, and more", False),
                                  ("7 found, …", "7 found, and more", True), ("x 640.0", "x 641.5", True),
                                  ("a", "a\nb", False), ("a\n…", "a\nb", True), ("…\nb", "a\nb", True), ("", "", True),
                                  ("…\nc", "a\nb", False), ("", "a", False)):
        tally.add(f"{said!r} of {found!r}",
                  None if agree(said.splitlines(), found.splitlines()) == expected else "compared wrongly")


@pytest.mark.full
@pytest.mark.skipif(not (recipe_readers.YOLO_PACKAGES / "yolo").exists(),
                    reason="tools/detectors/setup.sh has not been run")
def test_yolo(tally, tmp_path):
    environment = recipe_readers.yolo(tmp_path)
    run("yolo", tally, tmp_path, recipe_readers.YOLO_PACKAGES, environment=environment)


def test_pages(tally):
    pages = sorted(path.stem for path in RECIPES.glob("*.md") if path.stem != "README")
    tally.add("every page is run", None if set(pages) == {*READERS, *ELSEWHERE} else f"{pages}")
    index = (RECIPES / "README.md").read_text(encoding="utf-8")
    listed = sorted(re.findall(r"\]\(([\w-]+)\.md\)", index))
    tally.add("the index lists every page", None if listed == pages else f"{listed}")
    for name in pages:
        page = Page.read(RECIPES / f"{name}.md")
        count = page.command_count()
        tally.add(f"commands of {name}", None if 1 <= count <= MOST_COMMANDS else f"{count}")
        shown = sum(step.printed is not None for step in page.steps)
        tally.add(f"{name} shows what is printed", None if shown else "nowhere")
