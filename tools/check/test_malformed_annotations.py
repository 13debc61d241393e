"""Malformed annotations and results lists against `iourun eval`: no crash, no hang, no memory blow-up.

Files in COCO's format and VOC's XML: cut at every few bytes, mutated with seeds, every member of every record with a
value of the wrong kind, and cases made to hurt. Each must be refused with status 1 and one line of bounded length that
names the file; legal ones, and mutations that stay legal, may be scored.
"""

from __future__ import annotations

import copy
import itertools
import json
import pathlib
import random
import resource
import subprocess
from collections.abc import Iterable, Iterator

import pytest
from tally import Tally

ROOT = pathlib.Path(__file__).resolve().parents[2]
MEMORY, SECONDS, LINE = 2 << 30, 20, 10_000
NAMES = ("truth.json", "results.json", "voc/a.xml")
MUTATIONS, PARTS = 300, 4

TRUTH = {
    "info": {"year": 2026, "tags": [1, None, True, "\u00e4\n"]},
    "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48},
               {"id": 2, "file_name": "b.png", "width": 64, "height": 48}],
    "categories": [{"id": 3, "name": "red"}, {"id": 4, "name": "gr\u00fcn"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 3, "bbox": [1, 2, 10.5, 1e1], "area": 80, "iscrowd": 0, "ignore": 0},
        {"id": 2, "image_id": 2, "category_id": 4, "bbox": [0, 0, 20, 20], "iscrowd": 1}],
}
RESULTS = [{"image_id": 1, "category_id": 3, "bbox": [1, 2, 10, 10], "score": 0.9},
           {"image_id": 2, "category_id": 4, "bbox": [0, 0, 20, 20], "score": 1}]
XML = """<?xml version="1.0" encoding="UTF-8"?>
<annotation><folder>f</folder><filename>a.png</filename><size><width>64</width><height>48</height><depth>3</depth></size>
<object><name>red</name><pose>Left</pose><difficult>0</difficult>
<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11</xmax><ymax>12.5</ymax></bndbox></object>
<object><name>green &amp; blue</name>
<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30</xmax><ymax>12</ymax></bndbox></object>
</annotation>
"""
# Values by their JSON; none of them is right for a member that must be there, but whole numbers for a number.
WRONG = ["null", "true", "[]", "{}", "[[]]", '""', '"7"', "-1", "1.5", "1e400", "-1e400", "1e-400", "NaN", "Infinity",
         str(1 << 63), str(1 << 64), "1" * 400, "0." + "1" * 400, "1e999999999999999999999", "01", "+1", "'x'", "nul",
         '"\\ud800"', '"\\x"', '"\x01"', "[" * 100_000, '{"a":' * 100_000, '"' + "x" * 100_000 + '"']


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Bench:
    """A folder with good files, of which a case replaces one."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.voc = folder / "voc"
        self.voc.mkdir()
        self.good = {"truth.json": text(TRUTH), "results.json": text(RESULTS), "voc/a.xml": XML.encode()}
        # VOC's pictures and classes are numbered from 1.
        self.voc_results = folder / "voc.json"
        self.voc_results.write_bytes(text([{**RESULTS[0], "category_id": 1}]))
        self.restore()

    def restore(self) -> None:
        for name, data in self.good.items():
            (self.folder / name).write_bytes(data)

    def fault(self, name: str, data: bytes, must_refuse: bool) -> str | None:
        """What is wrong with the output for a file."""
        (self.folder / name).write_bytes(data)
        is_voc = name.startswith("voc/")
        files = [self.voc, self.voc_results] if is_voc else [self.folder / "truth.json", self.folder / "results.json"]
        try:
            outcome = subprocess.run(
                [ROOT / ".build/release/iourun", "eval", "--annotations", files[0], "--detections", files[1], "--json",
                 "-"], capture_output=True, check=False, timeout=4 * SECONDS, preexec_fn=limit)
        except subprocess.TimeoutExpired:
            return "it hangs"
        finally:
            (self.folder / name).write_bytes(self.good[name])
        return judge(outcome, must_refuse)


def judge(outcome: subprocess.CompletedProcess[bytes], must_refuse: bool) -> str | None:
    lines = outcome.stderr.decode().splitlines()  # which must be UTF-8
    if any(len(line) > LINE for line in lines):
        return f"a line of {max(map(len, lines))} characters"
    if outcome.returncode == 0:
        json.loads(outcome.stdout)
        return "it was scored" if must_refuse else None
    errors = [line for line in lines if not line.startswith("iourun: note: ")]
    if outcome.returncode != 1 or outcome.stdout or len(errors) != 1:
        return f"status {outcome.returncode}, {len(outcome.stdout)} bytes of output, errors {errors[:3]}"
    return None if ".json'" in errors[0] or "voc" in errors[0] else f"no file is named: {errors[0]}"


def text(value: object) -> bytes:
    return json.dumps(value).encode()


# ---- Cases: file, contents, whether it must be refused ---------------------------------------------------------------

Case = tuple[str, str, bytes, bool]


def cut(name: str, data: bytes) -> Iterator[Case]:
    """The last byte of XML is a line feed, which may be missing."""
    for end in range(0, len(data.rstrip()), 3):
        yield f"{name} cut at {end}", name, data[:end], True


def mutated(name: str, data: bytes, count: int) -> Iterator[Case]:
    tokens = [
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"\\",
        b"\0",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"-",
        b"e9",
        b"<",
        b"</",
        b">",
        b"&",
        b"]]>",
        b"<![CDATA[",
        b"<!--",
        b"null",
        b"1e308",
        b"99999999999999999999",
    ]
    for seed in range(count):
        chosen = random.Random(f"{name} {seed}")
        changed = bytearray(data)
        for _ in range(chosen.randint(1, 4)):
            place = chosen.randrange(len(changed))
            match chosen.randrange(4):
                case 0: changed[place] = chosen.randrange(256)
                case 1: changed[place:place] = chosen.choice(tokens)
                case 2: del changed[place:place + chosen.randint(1, 12)]
                case 3: changed[place:place] = changed[chosen.randrange(len(changed)):][:chosen.randint(1, 40)]
        yield f"{name} mutated by {seed}", name, bytes(changed), False


def wrong_values() -> Iterator[Case]:
    """Each member of each kind of record; unknown ones too, whose values must be JSON all the same."""
    for name, whole in (("truth.json", TRUTH), ("results.json", RESULTS)):
        lists = {"": whole} if isinstance(whole, list) else whole
        for kind, records in lists.items():
            if kind == "info":
                continue
            for key in [*records[0], "unknown"]:
                for value in WRONG:
                    changed = copy.deepcopy(whole)
                    (changed[kind] if kind else changed)[0][key] = "\0"
                    data = json.dumps(changed).replace('"\\u0000"', value)
                    yield f"{name} {kind} {key}: {value[:20]}", name, data.encode(), False
            for value in WRONG if kind else []:
                data = json.dumps({**whole, kind: "\0"}).replace('"\\u0000"', value)
                yield f"{name} {kind}: {value[:20]}", name, data.encode(), value != "[]"


def named(name: str, changes: dict, must_refuse: bool) -> Case:
    """The truth with other lists."""
    return name, "truth.json", text({**TRUTH, **changes}), must_refuse


def coco_cases() -> Iterator[Case]:
    image, category, annotation = TRUTH["images"][0], TRUTH["categories"][0], TRUTH["annotations"][0]
    for key in ("images", "categories", "annotations"):
        missing = {name: value for name, value in TRUTH.items() if name != key}
        yield f"no {key}", "truth.json", text(missing), True
        yield f"{key} twice", "truth.json", text(TRUTH)[:-1] + b', "' + key.encode() + b'": []}', True
    for key in annotation:
        partial = {name: value for name, value in annotation.items() if name != key}
        optional = key in ("id", "area", "iscrowd", "ignore")
        yield named(f"an annotation without {key}", {"annotations": [partial]}, not optional)
    for key in RESULTS[0]:
        partial = {name: value for name, value in RESULTS[0].items() if name != key}
        yield f"a result without {key}", "results.json", text([partial]), True
    for box in ([0, 0, 1], [0, 0, 1, 1, 1], [0, 0, -1, 1], [60, 0, 9, 1], [-3, 0, 9, 1], [1e308, 0, 1e308, 1],
                [0, 0, 1e200, 1e200], ["0", 0, 1, 1], [None] * 4, [float("nan"), 0, 1, 1], [float("inf"), 0, 1, 1]):
        yield named(f"annotated box {box}", {"annotations": [{**annotation, "bbox": box}]}, True)
        refused = box[0] not in (60, -3)  # a detection may leave its picture
        yield f"found box {box}", "results.json", text([{**RESULTS[0], "bbox": box}]), refused
    yield named("twice one image", {"images": [image, image]}, True)
    yield named("twice one category", {"categories": [category, category]}, True)
    yield named("twice one annotation", {"annotations": [annotation, annotation]}, True)
    yield named("a huge image", {"images": [{**image, "width": 10**9, "height": 10**9}, TRUTH["images"][1]]}, False)
    yield named("a million annotations that are one", {"annotations": [annotation] * 300_000}, True)
    masks = {**annotation, "segmentation": {"counts": [10**9] * 9, "size": [10**9, 10**9]}}
    yield named("a mask of 1e18 pixels", {"annotations": [masks]}, False)
    yield named("a long name", {"categories": [{"id": 3, "name": "x" * 2_000_000}, TRUTH["categories"][1]]}, False)
    yield named("a long name that no box has",
                {"categories": [*TRUTH["categories"], {"id": 5, "name": "\n\x1b[31m\u2028" * 300_000}]}, False)
    yield named(
        "a long file name twice", {"images": [{**image, "file_name": "x" * 2_000_000, "id": i} for i in (1, 2)]}, True
    )
    yield named("a box in a picture of a long name",
                {"images": [{**image, "file_name": "\n" * 2_000_000}, TRUTH["images"][1]],
                 "annotations": [{**annotation, "bbox": [60, 0, 9, 9]}]}, True)
    number = b"1" * 2_000_000
    yield "a long number", "results.json", text(RESULTS).replace(b"0.9", number), True
    yield "a long fraction", "results.json", text(RESULTS).replace(b"0.9", b"0." + number), False
    yield "no UTF-8", "truth.json", text(TRUTH).replace(b"red", b"\xff\xfe\xc0\xaf\xed\xa0\x80"), False
    wide = json.dumps(TRUTH).encode("utf-16")
    yield "half a character of UTF-16", "truth.json", wide[:-1], True
    yield "a lone surrogate of UTF-16", "truth.json", wide + b"\0\xd8", True
    yield "a byte order mark of UTF-32", "truth.json", json.dumps(TRUTH).encode("utf-32"), True
    yield "a byte order mark twice", "truth.json", b"\xef\xbb\xbf" * 2 + text(TRUTH), True
    for data in (b"", b"\0", b" " * 2_000_000, b"[" * 2_000_000, b'{"a":' * 600_000, b"null", b"1", b'""', b"{}", b"[]",
                 b"\xff" * 1000, random.Random(1).randbytes(100_000)):
        yield f"truth {data[:12]!r}", "truth.json", data, True
        yield f"results {data[:12]!r}", "results.json", data, data != b"[]"


def xml_cases() -> Iterator[Case]:
    def case(name: str, old: str, new: str, must_refuse: bool = True) -> Case:
        assert old in XML
        return name, "voc/a.xml", XML.replace(old, new, 1).encode(), must_refuse

    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    start = "<annotation>"
    yield case("entities that grow", start, f'<!DOCTYPE annotation [<!ENTITY l0 "ha">{laughs}]>{start}&l11;')
    yield case("a file as an entity", start, f'<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/hostname">]>{start}&f;')
    yield case("a parameter entity", start, f'<!DOCTYPE a [<!ENTITY % p "x"> %p;]>{start}')
    yield case("an unknown entity", "red", "&red;")
    yield case("a reference to no character", "red", "&#xD800;")
    yield case("a reference to NUL", "red", "&#0;")
    yield case(
        "a file as a document type", start, f'<!DOCTYPE a SYSTEM "file:///etc/hostname">{start}', must_refuse=False
    )
    yield case("an entity from elsewhere", start, f'<!DOCTYPE a SYSTEM "file:///etc/hostname">{start}&f;')
    attributes = "".join(f" a{i} CDATA 'x'" for i in range(100_000))
    yield case("attributes that grow", start, f"<!DOCTYPE a [<!ATTLIST x {attributes}>]>{start}" + "<x/>" * 100_000)
    yield case(
        "many declared elements",
        start,
        "<!DOCTYPE a [" + "".join(f"<!ELEMENT e{i} ANY>" for i in range(100_000)) + f"]>{start}",
        must_refuse=False,
    )
    for encoding in ("UTF-16", "windows-1252", "UTF-7", "UTF-32", "ISO-2022-JP", "gb18030", "UCS-2"):
        yield case(f"encoding {encoding}", "UTF-8", encoding, must_refuse=False)
    for encoding in ("x" * 100_000, "../../etc/passwd", "UTF-8//IGNORE", "", "klingon"):
        yield case(f"encoding {encoding[:20]}", "UTF-8", encoding)
    for encoding in ("gb2312", "Shift_JIS", "Big5", "EUC-KR", "windows-1253"):
        data = XML.replace("UTF-8", encoding).encode().replace(b"red", b"\xff" * 1_000_000)
        yield f"bytes that {encoding} lacks", "voc/a.xml", data, True
    for old, values in (
        ("<width>64", ("-1", "1e9", "64.5", "64.0.0", ".0", "", "9" * 30)),
        ("<xmin>1", ("", "x", "nan", "-inf", "1e400")),
        ("<xmax>11", ("-9", "1e308", "999")),
        ("<difficult>0", ("2", "-1", "yes")),
    ):
        tag = old[:old.index(">") + 1]
        for value in values:
            yield case(f"{tag}{value[:20]}", old, tag + value)
    yield case("a huge size", "<width>64", "<width>1000000000", must_refuse=False)
    yield case("a long number", "<xmin>1", "<xmin>" + "9" * 2_000_000)
    yield case("a long name", "<name>red", "<name>" + "\n" + "r" * 2_000_000, must_refuse=False)
    yield case("a long name of a box outside", "<name>red</name>", "<name>" + "r" * 2_000_000 + "</name>"
               "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>900</xmax><ymax>9</ymax></bndbox>")
    yield case("a long root", start, "<" + "r" * 1_000_000 + ">")
    yield case("no name", "<name>red</name>", "")
    yield case("no file name", "<filename>a.png</filename>", "", must_refuse=False)
    yield case("a file name that climbs", "a.png", "../" * 100_000 + "a.png", must_refuse=False)
    yield case("no box", "bndbox>", "box>")
    yield case("another root", start, "<html/>" + start)
    yield case("many elements", "<object>", "<x/>" * 600_000 + "<object>", must_refuse=False)
    yield case("many attributes", "<object>", "<object " + " ".join(f"a{i}='1'" for i in range(100_000)) + ">",
               must_refuse=False)
    yield case("deep elements", "<object>", "<o>" * 1_000_000 + "<object>")
    yield case("text without end", "red", "<![CDATA[" + "r" * 2_000_000)
    for data in (b"", b"\0", b"<", b"<a/>", b"\xff\xfe", b"\xff" * 1000, b" " * 2_000_000, b"<a>" * 600_000,
                 b"<a " * 1_000_000, b"\x89PNG\r\n\x1a\n", random.Random(1).randbytes(100_000)):
        yield f"XML {data[:12]!r}", "voc/a.xml", data, True


@pytest.fixture
def bench(tmp_path) -> Bench:
    made = Bench(tmp_path)
    for name, data in made.good.items():
        said = made.fault(name, data, must_refuse=False)
        assert said is None, f"{name} as it is: {said}"
    return made


def run(bench: Bench, tally: Tally, cases: Iterable[Case]) -> None:
    for case, name, data, must_refuse in cases:
        tally.add(case, bench.fault(name, data, must_refuse))


@pytest.mark.parametrize("group", [coco_cases, xml_cases])
def test_files(group, bench, tally):
    run(bench, tally, group())


@pytest.mark.parametrize("part", range(PARTS))
def test_wrong_values(part, bench, tally):
    run(bench, tally, itertools.islice(wrong_values(), part, None, PARTS))


@pytest.mark.parametrize("name", NAMES)
def test_cut(name, bench, tally):
    run(bench, tally, cut(name, bench.good[name]))


@pytest.mark.parametrize("name", NAMES)
def test_mutated(name, bench, tally):
    run(bench, tally, mutated(name, bench.good[name], MUTATIONS))
