"""Readers of COCO and VOC, and the naming of everything that is wrong with data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn_data import voc_xml, write_coco
from PIL import Image

from train.annotations import Classes
from train.config import DataOptions, SourceOptions
from train.data_problems import LISTED, DataError
from train.dataset import DataSet, open_data
from train.evaluate import score


def coco(data: Path) -> SourceOptions:
    return SourceOptions(str(data / "images"), str(data / "annotations.json"))


def voc(data: Path) -> SourceOptions:
    return SourceOptions(str(data / "images"), str(data / "voc"))


def read(source: SourceOptions, classes: Classes = Classes(), **options: Any) -> DataSet:
    options.setdefault("keep_empty", True)
    return open_data(source, DataOptions(**options), classes, training=True)


def problems_of(source: SourceOptions, classes: Classes = Classes(), **options: Any) -> list[str]:
    with pytest.raises(DataError) as caught:
        read(source, classes, **options)
    return str(caught.value).splitlines()


def test_both_formats_say_the_same(data: Path) -> None:
    one, other = read(coco(data)), read(voc(data))
    assert one.class_names == other.class_names == ["a", "b"]
    assert len(one) == len(other) == 6
    for index in range(6):
        assert one.boxes(index).tolist() == other.boxes(index).tolist()
        assert one.labels(index).tolist() == other.labels(index).tolist() == [(index + 1) % 2]
        assert one.size(index) == other.size(index) == (64, 96)
    assert one.sample(2).picture.shape == (64, 96, 3)
    written = json.loads((data / "annotations.json").read_text())
    again = one.coco()
    assert again["annotations"] == written["annotations"]
    assert again["images"] == written["images"] and again["categories"] == written["categories"]


def set_in(kind: str, index: int, **values: Any) -> Callable[[dict], None]:
    return lambda content: content[kind][index].update(values)


def repeat(kind: str) -> Callable[[dict], None]:
    return lambda content: content[kind].append(dict(content[kind][0]))


BROKEN_COCO = {
    "outside": (set_in("annotations", 1, bbox=[80, 10, 32, 32]),
                "annotation 2: its box from (80, 10) to (112, 42) is not inside its picture of"
                " 96×64"),
    "negative": (set_in("annotations", 1, bbox=[-5, 10, 32, 32]), "is not inside its picture"),
    "empty": (set_in("annotations", 0, bbox=[5, 10, 0, 32]), "annotation 1: its box from (5, 10)"
              " to (5, 42) has no area"),
    "inverted": (set_in("annotations", 0, bbox=[5, 10, 9, -3]), "is inverted"),
    "nan": (set_in("annotations", 0, bbox=[5, float("nan"), 9, 3]), "is not finite"),
    "infinite": (set_in("annotations", 0, bbox=[5, 1e400, 9, 3]), "is not finite"),
    "huge": (set_in("annotations", 0, bbox=[5, 10 ** 400, 9, 3]), "is not finite"),
    "three numbers": (set_in("annotations", 0, bbox=[5, 9, 3]), "annotation 1: its bbox [5, 9, 3]"
                      " is not four numbers"),
    "no box": (set_in("annotations", 0, bbox=None), "is not four numbers"),
    "unknown picture": (set_in("annotations", 3, image_id=77),
                        "annotation 4: is for an unknown picture, image_id 77"),
    "unknown category": (set_in("annotations", 3, category_id=9),
                         "annotation 4: is of an unknown category, category_id 9"),
    "list as id": (set_in("annotations", 3, image_id=[1]), "is for an unknown picture"),
    "box twice": (repeat("annotations"), "annotation 1: this id is used twice"),
    "picture id twice": (repeat("images"), "image 1: this id is used twice"),
    "category id twice": (repeat("categories"), "category 1: this id is used twice"),
    "picture twice": (set_in("images", 1, file_name="1.png"),
                      "image 2: picture 1.png is annotated already, by image 1"),
    "name twice": (set_in("categories", 1, name="a"), "category 2: the name \"a\" is used twice"),
    "nameless": (set_in("categories", 1, name=" "), "category 2: has no name"),
    "no id": (set_in("images", 2, id=None), "image number 3: has no whole number or text \"id\""),
    "not a record": (lambda content: content["images"].append(3), "image number 7: has no whole"),
    "empty category": (lambda content: content["categories"].append({"id": 3, "name": "c"}),
                       "class \"c\": has no box to learn from"),
    "crowds only": (lambda content: [a.update(iscrowd=1) for a in content["annotations"]
                                     if a["category_id"] == 2],
                    "class \"b\": has no box to learn from"),
    "missing picture": (set_in("images", 4, file_name="x.png"), "image 5: its picture"),
    "escaping": (set_in("images", 4, file_name="../images/5.png"),
                 "is not a name in the image folder"),
    "absolute": (set_in("images", 4, file_name="/etc/passwd"),
                 "is not a name in the image folder"),
    "size": (set_in("images", 4, width=97), "image 5: its size is annotated as 97×64, but"),
    "no size": (set_in("images", 4, width=0), "image 5: its size 0 × 64 is no size"),
    "endless name": (set_in("images", 4, file_name="x" * 5000), "image 5: its picture"),
    "endless id": (set_in("images", 4, id=10 ** 30), "image number 5: has no whole number"),
    "two lines": (set_in("categories", 0, name="a\nb"), "class 'a\\nb': its name is not one"),
    "crowd": (set_in("annotations", 1, iscrowd="no"), "annotation 2: its iscrowd 'no' is not 0"),
    "area": (set_in("annotations", 1, area=float("nan")), "annotation 2: its area 'nan' is no"),
    "no pictures": (lambda content: content.update(images=[], annotations=[]), "has no pictures"),
}


@pytest.mark.parametrize("name", BROKEN_COCO)
def test_broken_coco_is_named(name: str, data: Path) -> None:
    change, expected = BROKEN_COCO[name]
    path = data / "annotations.json"
    content = json.loads(path.read_text())
    change(content)
    write_coco(data, content)
    lines = problems_of(coco(data))
    assert all(str(path) in line for line in lines)
    assert expected in lines[0]


@pytest.mark.parametrize(("text", "expected"), (
    ("", "it is not JSON"), ("{", "it is not JSON"), ("[" * 100_000, "it is not JSON"),
    ("\ud800".encode("utf-16", "surrogatepass"), "it is not JSON"), ("[]", "detections"),
    ("3", "no list"), ("{\"images\": []}", "no list \"annotations\""),
    ('{"images": {}, "annotations": [], "categories": []}', "no list \"images\""),
    ('{"images": [], "annotations": [], "categories": []}', "has no categories")))
def test_what_is_not_coco(text: str | bytes, expected: str, data: Path) -> None:
    (data / "annotations.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert expected in problems_of(coco(data))[0]


def test_all_problems_are_listed_up_to_a_number(data: Path) -> None:
    content = json.loads((data / "annotations.json").read_text())
    content["annotations"] += [{"id": 100 + i, "image_id": 50 + i, "category_id": 1,
                                "bbox": [0, 0, 9, 9]} for i in range(40)]
    write_coco(data, content)
    lines = problems_of(coco(data))
    assert len(lines) == LISTED + 1
    assert "annotation 119: is for an unknown picture" in lines[LISTED - 1]
    assert lines[-1] == f"and {40 - LISTED} more problems"


def test_bad_boxes_are_dropped_on_request_in_one_line(
        data: Path, capsys: pytest.CaptureFixture) -> None:
    content = json.loads((data / "annotations.json").read_text())
    content["annotations"] += [{"id": 7 + i, "image_id": 1, "category_id": 1, "bbox": b}
                               for i, b in enumerate(([0, 0, 0, 9], [90, 0, 9, 9]))]
    write_coco(data, content)
    found = read(coco(data), bad_boxes="drop")
    assert [len(found.boxes(i)) for i in range(6)] == [1] * 6
    line, = capsys.readouterr().out.splitlines()
    assert "2 of 8 boxes dropped" in line and "annotation 7" in line


def test_a_box_a_pixel_outside_is_cut(data: Path) -> None:
    content = json.loads((data / "annotations.json").read_text())
    content["annotations"][0]["bbox"] = [-0.5, 10, 97.25, 20]
    write_coco(data, content)
    assert read(coco(data)).boxes(0).tolist() == [[0, 10, 96, 30]]


def test_pictures_that_cannot_be_read(data: Path) -> None:
    Image.open(data / "images" / "2.png").save(data / "images" / "2.png", "JPEG")
    whole = (data / "images" / "2.png").read_bytes()
    (data / "images" / "2.png").write_bytes(whole[:len(whole) // 2])
    (data / "images" / "3.png").write_bytes(b"")
    (data / "images" / "4.png").write_text("GIF89a")
    (data / "images" / "5.png").unlink()
    lines = problems_of(coco(data))
    assert len(lines) == 4
    assert all(f"image {i}: its picture" in line for i, line in enumerate(lines, start=2))
    assert "cannot be read" in lines[0] and "is missing" in lines[3]
    # Its header alone does not tell that the second is cut.
    assert "image 3" in problems_of(coco(data), decode_all=False)[0]


def test_pictures_of_no_photographs_format_are_refused(data: Path) -> None:
    Image.new("RGB", (96, 64)).save(data / "images" / "2.eps")
    (data / "images" / "2.eps").rename(data / "images" / "2.png")
    assert "image 2: its picture" in problems_of(coco(data))[0]


def test_pictures_are_turned_as_exif_says(data: Path) -> None:
    stored = np.zeros((96, 64, 3), dtype=np.uint8)
    stored[:9, :7] = 200
    exif = Image.Exif()
    exif[0x0112] = 6  # stored on its left side: turn it right to show it
    path = data / "images" / "2.png"
    Image.fromarray(stored).save(path, "PNG", exif=exif)
    for decode in (False, True):
        picture = read(coco(data), decode_all=decode).picture(1)
        assert picture.shape == (64, 96, 3)
        assert (picture[:7, -9:] == 200).all() and picture.sum() == stored.sum()
    exif[0x0112] = 1
    Image.fromarray(stored).save(path, "PNG", exif=exif)
    assert "its size is annotated as 96×64" in problems_of(coco(data))[0]


def test_chosen_classes_and_unknown_ones(data: Path, capsys: pytest.CaptureFixture) -> None:
    for source in (coco(data), voc(data)):
        chosen = read(source, Classes(["b"], chosen=True))
        assert chosen.class_names == ["b"]
        assert sum(len(chosen.boxes(i)) for i in range(6)) == 3
        assert "3 boxes of other classes left out" in capsys.readouterr().out
        assert "\"b\" is not a class of the training data" in problems_of(source, Classes(["a"]))[0]
        assert "c" in problems_of(source, Classes(["a", "b", "c"]))[0]
    reversed_order = read(coco(data), Classes(["b", "a"]))
    assert reversed_order.category_ids == [2, 1]
    assert reversed_order.labels(0).tolist() == [0]


def test_pictures_without_boxes_are_kept_or_not(data: Path) -> None:
    content = json.loads((data / "annotations.json").read_text())
    del content["annotations"][2]
    write_coco(data, content)
    assert len(read(coco(data))) == 6
    without = read(coco(data), keep_empty=False)
    assert [without.image_id(i) for i in range(len(without))] == [1, 2, 4, 5, 6]


BROKEN_VOC = {
    "doctype": ("<!DOCTYPE annotation [<!ENTITY a 'aaaa'>]><annotation>&a;</annotation>",
                "DOCTYPE"),
    "external": ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><annotation>&a;</annotation>", "DOCTYPE"),
    "attributes": ("<!DOCTYPE a [<!ATTLIST b c CDATA 'd'>]><annotation/>", "DOCTYPE"),
    "unknown encoding": ("<?xml version='1.0' encoding='klingon'?><annotation/>", "klingon"),
    "other encoding": ("<?xml version='1.0' encoding='ascii'?><annotation>ä</annotation>", "ascii"),
    "deep": ("<annotation>" + "<a>" * 100_000, "nested deeper than 32"),
    "cut": ("<annotation><object>", "is not XML"),
    "empty": ("", "is not XML"),
    "other": ("<html></html>", "its root is <html>"),
    "missing picture": (voc_xml("9.png", (96, 64), []), "its picture '9.png' is not in"),
    "escaping": (voc_xml("../3.png", (96, 64), []), "its picture '../3.png' is not in"),
    "size": (voc_xml("3.png", (90, 64), []), "its size is annotated as 90×64"),
    "bad size": (voc_xml("3.png", ("x", 64), []), "size: 'x' × '64' is no size"),
    "words": (voc_xml("3.png", (96, 64), [("a", (1, 2, 3, "x"))]),
              "object 1: has no <bndbox> of four numbers"),
    "nan": (voc_xml("3.png", (96, 64), [("a", (1, 2, 3, "nan"))]), "object 1: its box"),
    "nameless": (voc_xml("3.png", (96, 64), [("", (1, 2, 3, 4))]), "object 1: has no class name"),
    "difficult": (voc_xml("3.png", (96, 64), [("a", (1, 2, 3, 4))]).replace(
        "<bndbox>", "<difficult>yes</difficult><bndbox>"), "<difficult> 'yes' is not 0 or 1"),
    "endless picture": (voc_xml("x" * 5000, (96, 64), []), "its picture 'xxx"),
    "twice": (voc_xml("./2.png", (96, 64), []), "picture 2.png is annotated already, by 2.xml"),
}


@pytest.mark.parametrize("name", BROKEN_VOC)
def test_broken_voc_is_named(name: str, data: Path) -> None:
    text, expected = BROKEN_VOC[name]
    file = data / "voc" / "3.xml"
    if "picture" in name or name == "escaping":
        (data / "images" / "3.png").unlink()
    file.write_text(text)
    lines = problems_of(voc(data))
    assert str(file) in lines[0] and expected in lines[0]
    assert len(lines) == 1


def test_voc_as_it_is_found(data: Path, capsys: pytest.CaptureFixture) -> None:
    plain = read(voc(data))
    first = (data / "voc" / "1.xml").read_text()
    swapped = re.sub(r"<xmin>(.*?)<(.*)<xmax>(.*?)<", r"<xmin>\3<\2<xmax>\1<", first, flags=re.S)
    assert swapped != first
    for text, encoding in (
            (first, "gb2312"), (first, "big5"), (first, "Shift_JIS"), (first, "euc-jp"), (swapped, "utf-8"),
            (first.replace("<size>", '<?x?><size>').replace("</width>", ".0</width>"), "windows-1252"),
            (re.sub("<filename>.*?</filename>", "", first), "utf-16"),
            (re.sub("<filename>.*?</filename>", r"<filename>C:\\a\\1.png</filename>", first), "gbk"),
            (re.sub("<filename>.*?</filename>", "<filename>2.png</filename>", first), "euc-kr"),
            (first.replace("1.png", "1.JPG"), "utf-8-sig"), (first.replace("1.png", "1"), "gb18030"),
            (first.replace("<object>", "<object><difficult>Unspecified</difficult>"), "iso-8859-2")):
        word = "Ä" if encoding in ("windows-1252", "iso-8859-2") else "水"
        declared = "gb2312" if encoding == "utf-8-sig" else encoding
        text = (f"<?xml version='1.0' encoding='{declared}'?><!DOCTYPE annotation>"
                + text.replace("<annotation>", f"<annotation><folder>{word}</folder>"))
        (data / "voc" / "1.xml").write_bytes(text.encode(encoding))
        capsys.readouterr()
        found = read(voc(data))
        assert found.boxes(0).tolist() == plain.boxes(0).tolist(), encoding
        assert [found.size(i) for i in range(6)] == [plain.size(i) for i in range(6)]
        assert ("swapped corners" in capsys.readouterr().out) == (encoding == "utf-8")
    (data / "images" / "1.jpg").write_bytes((data / "images" / "1.png").read_bytes())
    (data / "voc" / "1.xml").write_text(re.sub("<filename>.*?</filename>", "", first))
    assert "may be 1.jpg or 1.png" in problems_of(voc(data))[0]


def test_coco_as_it_is_found(data: Path) -> None:
    plain = read(coco(data))
    content = json.loads((data / "annotations.json").read_text())
    for kind in ("images", "categories"):
        for row in content[kind]:
            row["id"] = f"n{row['id']}"
    for row in content["annotations"]:
        row |= {"image_id": f"n{row['image_id']}", "category_id": f"n{row['category_id']}", "area": None}
        del row["id"]
    for encoding in ("utf-8-sig", "utf-16"):
        (data / "annotations.json").write_bytes(json.dumps(content).encode(encoding))
        found = read(coco(data))
        assert [found.boxes(i).tolist() for i in range(6)] == [plain.boxes(i).tolist() for i in range(6)]
        rows = [{"image_id": found.image_id(0), "category_id": found.category_ids[1], "score": 0.5,
                 "bbox": plain.coco()["annotations"][0]["bbox"]}]
        assert score(found, rows).by_class == score(plain, [
            rows[0] | {"image_id": plain.image_id(0), "category_id": plain.category_ids[1]}]).by_class


def test_voc_details(data: Path) -> None:
    file = data / "voc" / "1.xml"
    # labelImg keeps the old name of a renamed picture.
    text = voc_xml("old.png", (96, 64), [("a", (1, 2, 96, 64)), ("b", (3, 4, 9, 9))])
    file.write_text(text.replace("<name>b</name>", "<name>b</name><difficult>1</difficult>"))
    by_pixels = read(voc(data), voc_boxes="pixels")
    assert by_pixels.boxes(0).tolist() == [[0, 1, 96, 64]]
    assert [a["iscrowd"] for a in by_pixels.coco()["annotations"][:2]] == [0, 1]
    for size in ("<size><width>0</width><height>0</height></size>", ""):
        file.write_text(re.sub("<size>.*</size>", size, text))
        assert read(voc(data)).size(0) == (64, 96)
    split = data / "train.txt"
    split.write_text("4\n2  -1\n\n")
    some = read(SourceOptions(str(data / "images"), str(data / "voc"), str(split)),
                Classes(["a"], chosen=True))
    assert len(some) == 2 and some.image_id(1) == 2
    listed = SourceOptions(str(data / "images"), str(data / "voc"), str(split))
    split.write_text("4\n../voc/2\n77\n4\n" + "x" * 5000)
    lines = problems_of(listed)
    assert "../voc/2" in lines[0] and "77" in lines[1]
    assert f"{split}: 4: is listed twice" == lines[2] and f"{split}: xxx" in lines[3]
    split.write_text("\n")
    assert problems_of(listed) == [f"{split}: lists no files"]
    line, = problems_of(SourceOptions(str(data / "images"), str(data / "annotations.json"),
                                      str(split)))
    assert line.startswith(f"{split}: lists VOC's XML files, but ")


def test_missing_places(data: Path) -> None:
    assert "no such folder" in problems_of(SourceOptions("nowhere", str(data / "voc")))[0]
    assert "no such file" in problems_of(SourceOptions(str(data / "images"), "nowhere"))[0]
    (data / "none").mkdir()
    assert "no XML" in problems_of(SourceOptions(str(data / "images"), str(data / "none")))[0]


def test_grey_and_palette_pictures_become_rgb(data: Path) -> None:
    for index, mode in ((1, "L"), (2, "P"), (3, "RGBA"), (4, "1")):
        path = data / "images" / f"{index}.png"
        Image.open(path).convert(mode).save(path)
    found = read(coco(data))
    assert all(found.picture(i).shape == (64, 96, 3) for i in range(4))


BCCD = next((folder / "shared/data/bccd" for folder in Path(__file__).resolve().parents
             if (folder / "shared/data/bccd").is_dir()), None)


@pytest.mark.skipif(BCCD is None, reason="the shared blood-cell pictures are not here")
def test_real_voc_files_equal_their_coco_file_but_for_degenerate_boxes(
        capsys: pytest.CaptureFixture) -> None:
    for part, degenerate in (("train", "BloodImage_00343.xml: object 4: "),
                             ("val", "BloodImage_00338.xml: object 13: ")):
        images = str(BCCD / part / "images")
        one = read(SourceOptions(images, str(BCCD / part / "annotations.json")))
        source = SourceOptions(images, str(BCCD / part / "voc"))
        line, = problems_of(source)
        assert degenerate in line and line.endswith("has no area")
        other = read(source, Classes(one.class_names), bad_boxes="drop")
        assert capsys.readouterr().out.count("1 of ") == 1
        assert all(one.boxes(i).tolist() == other.boxes(i).tolist() for i in range(len(one)))
        assert all(one.labels(i).tolist() == other.labels(i).tolist() for i in range(len(one)))
