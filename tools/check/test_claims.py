"""What README and docs say that a command can tell.

Links lead to files, comments cite sections that pages have, names of C's code and files are there; options,
subcommands, `make` targets and Python options that are named exist; exit codes are what the help says; Swift and C code
compiles as it is, and Swift's runs; numbers that are repeated on another page are the same there. The sizes of the
library are compared in test_embedding.py, which has the installed files, JSON in test_json.py, errors of functions in
test_functions.py.
"""

import functools
import json
import os
import pathlib
import re
import subprocess
import tempfile
from collections.abc import Iterator

import pytest
from libiou import ROOT

from bench import marked, readme

BIN = ROOT / ".build/release"
MODEL = ROOT / "models/blood-cells.onnx"
DATA = pathlib.Path(os.environ.get("BCCD_VAL", ROOT.parent / "shared/data/bccd/val"))
ARTICLES = sorted((ROOT / "Sources/IoURuntime/IoURuntime.docc").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")),
         *sorted((ROOT / "models").glob("*.md")), ROOT / "tools/train/README.md",
         ROOT / "tools/python/README.md", *ARTICLES]
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
Faults = Iterator[tuple[str, str | None]]


def text(path: pathlib.Path) -> str:
    return path.read_text(encoding="utf-8")


def name(path: pathlib.Path) -> str:
    return str(path.relative_to(ROOT))


def run(*command: object, cwd: pathlib.Path = ROOT) -> subprocess.CompletedProcess:
    return subprocess.run([str(one) for one in command], capture_output=True, text=True, check=False, cwd=cwd)


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.S | re.M)


# ---- Links ----------------------------------------------------------------------------------------


def links() -> Faults:
    for page in PAGES:
        prose = re.sub(r"^```.*?^```", "", text(page), flags=re.S | re.M)
        wrong = [target for target in re.findall(r"\]\(([^)#\s]+)", prose)
                 if "://" not in target and not (page.parent / target).exists()]
        yield f"links of {name(page)}", f"lead nowhere: {', '.join(wrong)}" if wrong else None


def headings(page: pathlib.Path) -> set[str]:
    prose = re.sub(r"^```.*?^```", "", text(page), flags=re.S | re.M)
    return set(re.findall(r"^#+ (.*)$", prose, re.M))


def citations() -> Faults:
    """Comments such as `docs/detector.md, "Anchors"`, which may go on in the next line."""
    known = {page.name: headings(page) for page in (ROOT / "docs").glob("*.md")}
    files = run("git", "ls-files", "Sources", "Tests", "tools").stdout.splitlines()
    for file in files:
        if file.endswith((".swift", ".c", ".h", ".inc", ".py", ".sh")) and (ROOT / file).exists():
            flat = re.sub(r"\n\s*(?://+|\*|#)?\s*", " ", text(ROOT / file))
            cited = re.findall(r'docs/(\w+\.md), "([^"]+)"', flat)
            wrong = [f"{page} has no section '{section}'"
                     for page, section in cited if section not in known.get(page, ())]
            if cited and not file.endswith("test_claims.py"):
                yield f"sections cited by {file}", "; ".join(wrong) or None


def words_of_code() -> Faults:
    """Names that begin with iou_, and files of C and Swift, which pages give between backticks; NAME stands for any."""
    files = run("git", "ls-files").stdout.splitlines()
    code = "".join(text(ROOT / file)
                   for file in files if file.endswith((".c", ".h", ".inc")) and (ROOT / file).exists())
    known = set(re.findall(r"\biou_\w+", code))
    for page in PAGES:
        spans = " ".join(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text(page), flags=re.S | re.M)))
        wrong = [word for word in re.findall(r"(?<![\w.])iou_[a-z]\w*(?![\w.])", spans) if word not in known]
        paths = [path for path in re.findall(r"[\w/]*\w\.(?:c|h|inc|swift)(?=\s|$)", spans)
                 if not re.search(r"[A-Z]{4}", path)]
        wrong += [path for path in paths if not any(f"/{file}".endswith(f"/{path}") for file in files)]
        yield f"names and files of {name(page)}", f"not in the code: {', '.join(wrong)}" if wrong else None


# ---- Commands -------------------------------------------------------------------------------------


@functools.cache
def subcommands(tool: str) -> frozenset[str]:
    listing = run(BIN / tool, "--help").stdout.split("SUBCOMMANDS:")[1]
    return frozenset(re.findall(r"^  ([a-z]+)", listing, re.M)) - {"See"}


@functools.cache
def options(tool: str, subcommand: str) -> frozenset[str]:
    """Those that the help of a subcommand names."""
    return frozenset(OPTION.findall(run(BIN / tool, subcommand, "--help").stdout))


@functools.cache
def python_options(*folders: str) -> frozenset[str]:
    """Those that the argument parsers of our Python name."""
    sources = [text(path) for folder in folders for path in (ROOT / folder).glob("*.py")]
    return frozenset(option for source in sources for option in re.findall(r'"(--[a-z][a-z0-9-]*)"', source))


@functools.cache
def server_options() -> frozenset[str]:
    """Those of iouserve, by their declarations: the checks do not build it."""
    sources = [text(path) for path in (ROOT / "tools/serve/Sources/iouserve").glob("*.swift")]
    names = [one for source in sources for one in re.findall(r"@Option\b.*?\bvar (\w+)", source, re.S)]
    return frozenset("--" + re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", one) for one in names)


@functools.cache
def all_options() -> frozenset[str]:
    of_tools = [options(tool, sub) for tool in ("iouc", "iourun") for sub in subcommands(tool)]
    folders = (
        "tools",
        "tools/bench",
        "tools/check",
        "tools/check/references",
        "tools/checkpoints",
        "tools/detectors",
        "tools/python/examples",
        "tools/train/train",
        "tools/train/ablations",
    )
    return frozenset({"--help", "--version"}).union(*of_tools, python_options(*folders), server_options())


def shell_lines(page: str) -> list[str]:
    """Commands of shell blocks, indented ones and those between backticks; comments are cut off."""
    found = [line for block in blocks(page, "sh") for line in block.replace("\\\n", " ").splitlines()]
    found += re.findall(r"^ {4}(iou(?:c|run) .*)$", page, re.M)
    found += re.findall(r"`((?:iouc|iourun|train|make) [^`]*)`", " ".join(page.split()))
    return [command.strip() for line in found for command in line.split(" #")[0].split("&&")]


def fault_of_tool(words: list[str]) -> str | None:
    tool, rest = words[0], words[1:]
    sub = rest[0] if rest and rest[0] in subcommands(tool) else "detect" if tool == "iourun" else None
    given = set(OPTION.findall(" ".join(rest)))
    if sub is None:
        return None if not rest or rest[0].startswith("-") else f"no subcommand {rest[0]}"
    unknown = given - options(tool, sub) - {"--help", "--version"}
    return f"{tool} {sub} has no {', '.join(sorted(unknown))}" if unknown else None


def fault_of_make(words: list[str]) -> str | None:
    targets = set(re.search(r"\.PHONY: (.*)", text(ROOT / "Makefile"))[1].split())
    variables = set(re.findall(r"\b([A-Z_]+)\b", text(ROOT / "Makefile")))
    unknown = [word for word in words[1:] if re.fullmatch(r"[a-z-]+", word) and word not in targets]
    unknown += [word for word in words[1:] if "=" in word and word.split("=")[0] not in variables]
    return f"make has no {', '.join(unknown)}" if unknown else None


def fault_of_python(words: list[str], folders: tuple[str, ...]) -> str | None:
    unknown = set(OPTION.findall(" ".join(words))) - python_options(*folders)
    return f"no option {', '.join(sorted(unknown))}" if unknown else None


def fault_of_command(line: str) -> str | None:
    words = line.split()
    first = words[0] if words else ""
    if first in ("iouc", "iourun"):
        return fault_of_tool(words)
    if first == "iouserve":
        unknown = set(OPTION.findall(line)) - server_options()
        return f"iouserve has no {', '.join(sorted(unknown))}" if unknown else None
    if first == "make":
        return fault_of_make(words)
    if first == "train":
        return fault_of_python(words, ("tools/train/train",))
    if re.search(r"-m ablations\b", line):
        return fault_of_python(words, ("tools/train/ablations",))
    script = re.search(r"(?:^|\s)(tools/\S+\.(?:py|sh))", line)
    if script:
        if not (ROOT / script[1]).exists():
            return f"no file {script[1]}"
        if script[1].startswith("tools/bench"):
            return fault_of_python(words, ("tools", "tools/bench"))
        for folder in ("tools/checkpoints", "tools/detectors", "tools/python/examples"):
            if script[1].startswith(f"{folder}/"):
                return fault_of_python(words, (folder,))
    return None


def commands() -> Faults:
    for page in PAGES:
        whole = text(page)
        faults = [fault_of_command(line) for line in shell_lines(whole)]
        spans = " ".join(re.findall(r"`(-[^`]*)`", whole))
        unknown = set(OPTION.findall(spans)) - all_options()
        faults += [f"no tool has {', '.join(sorted(unknown))}"] if unknown else []
        yield f"commands of {name(page)}", "; ".join(filter(None, faults)) or None


def exit_codes() -> Faults:
    for tool in ("iouc", "iourun"):
        said = "Exit status: 0 success, 1 the work failed, 64 wrong usage"
        yield f"{tool} --help tells the exit codes", None if said in run(BIN / tool, "--help").stdout else "no"
        bad = ("inspect", "missing.onnx") if tool == "iouc" else ("bench", "missing.onnx")
        for words, expected in ((("--version",), 0), (bad, 1), (("--nonsense",), 64)):
            found = run(BIN / tool, *words).returncode
            yield f"{tool} {' '.join(words)}", None if found == expected else f"{found}, not {expected}"


# ---- Code -----------------------------------------------------------------------------------------


def include_flags() -> list[object]:
    return ["-I", BIN / "Modules", "-I", ROOT / "Sources/CIoU/include", "-I", ROOT / "Sources/CIoUImage/include"]


def fault_of_swift(folder: pathlib.Path, code: str) -> str | None:
    """Compiles a page's code as a program's main file, and runs it in a folder with model and pictures."""
    (folder / "main.swift").write_text(code, encoding="utf-8")
    # A build folder keeps the objects of C files that are gone.
    objects = [path for part in ("IoURuntime", "CIoU", "CIoUImage", "CONNX")
               for path in (BIN / f"{part}.build").rglob("*.o") if path.suffixes[:1] != [".c"]
               or (ROOT / "Sources" / part / path.relative_to(BIN / f"{part}.build").with_suffix("")).exists()]
    flags = run("make", "--silent", "-C", ROOT, "swift-link").stdout.split()
    built = run("swiftc", "-swift-version", "6", "main.swift", *include_flags(), *objects, "-lprotobuf-c", "-lpng",
                "-ljpeg", "-lwebpdemux", "-lwebp", "-ltiff", "-lgif", "-lcairo", *flags, "-o", "program", cwd=folder)
    if built.returncode != 0:
        return built.stderr[-1500:]
    ran = run(folder / "program", cwd=folder)
    return None if ran.returncode == 0 else f"exit {ran.returncode}: {ran.stderr[-500:]}"


def fault_of_manifest(folder: pathlib.Path, code: str) -> str | None:
    (folder / "Package.swift").write_text(code, encoding="utf-8")
    (folder / "Sources/detect").mkdir(parents=True, exist_ok=True)
    (folder / "Sources/detect/main.swift").touch()
    result = run("swift", "package", "--disable-sandbox", "dump-package", cwd=folder)
    return None if result.returncode == 0 else result.stderr[-1500:]


def swift_code() -> Faults:
    for page in (ROOT / "README.md", *ARTICLES, *sorted((ROOT / "docs").glob("*.md"))):
        code = blocks(text(page), "swift")
        programs = [block for block in code if "PackageDescription" not in block]
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            for link in ("models", "Examples"):
                (folder / link).symlink_to(ROOT / link)
            (folder / "out").mkdir()
            if programs:
                yield f"Swift of {name(page)}", fault_of_swift(folder, "\n".join(programs))
            for block in code:
                if block not in programs:
                    yield f"manifest of {name(page)}", fault_of_manifest(folder, block)


def c_code() -> Faults:
    """README's lines, and the use at the beginning of iou.h, in a function that declares what they leave out."""
    header = text(ROOT / "Sources/CIoU/include/iou/iou.h")
    example = re.search(r"The ten-line use:\n \*\n(.*?)\n \*\n", header, re.S)[1]
    yield "lines of iou.h's use", None if len(example.splitlines()) <= 12 else "more than 12"
    programs = {"iou.h": re.sub(r"(?m)^ \* {0,4}", "", example)}
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for block in blocks(text(page), "c"):
            programs[name(page)] = (
                "iou_error err; iou_model *model; iou_detector *detector; iou_picture picture = {0};\n"
                f"iou_detection found[100]; size_t count;\n{block}")
    for place, body in programs.items():
        source = ("#include <iou/iou.h>\n#include <stdlib.h>\nvoid use(const unsigned char *rgb);\n"
                  "static void fail(const char *text) { (void)text; exit(1); }\n"
                  f"void use(const unsigned char *rgb) {{ (void)rgb; (void)fail;\n{body}\n}}\n")
        result = subprocess.run(
            ["gcc", "-std=c11", "-Wall", "-Werror", "-fsyntax-only", f"-I{ROOT}/Sources/CIoU/include", "-x", "c", "-"],
            input=source,
            capture_output=True,
            text=True,
            check=False,
        )
        yield f"C of {place}", result.stderr[-800:] or None


# ---- Numbers --------------------------------------------------------------------------------------


def numbers() -> Faults:
    page, measured = text(ROOT / "README.md"), marked.text(text(ROOT / "docs/performance.md"))
    yield "README's speed table", None if marked.text(page) == readme.summary(measured) else \
        "differs from docs/performance.md; bench_peers.py --document writes both"
    sentence = " ".join(page.split())
    for claim in ablation_claims(text(ROOT / "docs/ablations.md").splitlines()):
        yield f"README says '{claim}'", None if claim in sentence else "no, but docs/ablations.md does"
    facts = json.loads(run(BIN / "iouc", "inspect", MODEL, "--json").stdout)
    opset, millions = facts["file"]["operator_sets"]["ai.onnx"], facts["parameters"]["count"] / 1e6
    yield "the opset of exported files", None if f"(opset {opset})" in page else f"{opset}"
    card = text(ROOT / "models/blood-cells.md")
    yield "the model's parameters", None if f"about {millions:.1f} million parameters" in card else f"{millions}"


def accuracy() -> Faults:
    """The tables of the model's card and of docs/evaluation.md, on the pictures that they were made with."""
    card, page = text(ROOT / "models/blood-cells.md"), text(ROOT / "docs/evaluation.md")
    said = {
        row[0]: row[1:]
        for row in re.findall(r"^\| ([\d.]+) \(.*?\) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", card, re.M)
    }
    report = json.loads(run(BIN / "iourun", "eval", MODEL, "--images", DATA / "images", "--annotations",
                            DATA / "annotations.json", "--alpha", ",".join(said), "--json", "-").stdout)
    for row in report["alphas"]:
        expected = next(numbers for alpha, numbers in said.items() if float(alpha) == row["alpha"])
        yield (
            f"the card's numbers, α {row['alpha']}",
            unlike(expected, [row["coco"][key] for key in ("AP", "AP50", "AP75")]),
        )
    own = next(row for row in report["alphas"] if row["alpha"] == report["model_alpha"])
    for entry in [own | {"name": "all"}, *own["classes"]]:
        line = re.search(rf"^{entry['name']} +\d+ (.*)$", page, re.M)[1].split()
        keys = [("thresholds", f"AP{t}") for t in (50, 60, 70, 75, 80, 90)]
        keys = [("coco", "AP"), *keys, *(("coco", f"AP{size}") for size in ("small", "medium", "large"))]
        found = [entry[group][key] for group, key in keys]
        yield f"docs/evaluation.md, {entry['name']}", unlike(line, found)


def unlike(said: list[str], found: list[float]) -> str | None:
    """Processors round differently, which may move a few detections."""
    pairs = [(-1.0 if one == "-" else float(one), other) for one, other in zip(said, found, strict=True)]
    return None if all(abs(one - other) < 2e-3 for one, other in pairs) else f"{said}, but found {found}"


def ablation_claims(lines: list[str]) -> list[str]:
    """What README has to say for the tables of docs/ablations.md."""
    def cells(row: str) -> list[str]:
        found = next(line for line in lines if line.startswith(row))
        return [cell.strip(" +") for cell in found[len(row):].strip("|").split("|")]

    plain, learnt, fused, gain = map(cells, ("| bccd | RetinaNet |", "| attached | 1 |", "| attached | 0.5 |",
                                             "| attached − RetinaNet | 0.5 |"))
    ap = {name: row[0].split(" ±")[0] for name, row in (("plain", plain), ("learnt", learnt), ("fused", fused))}
    last = float(ap["fused"]) - float(ap["learnt"])
    return [f"AP rises from {ap['plain']} to {ap['fused']}, by {gain[0]} points", f"AP80 by {gain[5]}.",
            f"gives AP {ap['learnt']} at α = 1", f"Ranking by S adds the last {last:.1f} points, and "
            f"{cells('| bccd | gain over α = 1 |')[0].split(' ±')[0]} to a network"]


@pytest.mark.parametrize("group", [links, citations, words_of_code, commands, exit_codes, swift_code, c_code, numbers])
def test_claims(group, tally):
    tally.add_all(group())


@pytest.mark.skipif(not (DATA / "annotations.json").exists(), reason=f"{DATA} is absent")
def test_accuracy(tally):
    tally.add_all(accuracy())
