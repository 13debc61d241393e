"""XML as annotation programs write it, in any encoding, and no more of XML than that."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

LARGEST_FILE = 16 << 20
DEEPEST = 32
DECLARED = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# Files hold what Windows and browsers take these names for, which is more than they are.
AS_FOUND = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "shift-jis": "cp932",
            "sjis": "cp932", "euc-jp": "euc_jis_2004", "euc-kr": "cp949", "ks-c-5601-1987": "cp949"}


class RefusedXML(ValueError):
    """XML that an annotation has no reason to contain."""


def _as_utf8(data: bytes) -> tuple[bytes, str | None]:
    """The data, and its encoding where that is not for the parser to find."""
    if data.startswith(b"\xef\xbb\xbf"):
        return data, "UTF-8"
    declared = DECLARED.match(data)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data, "UTF-16"
    if declared is None:
        return data, None
    name = declared[1].decode().lower().replace("_", "-").removeprefix("x-")
    # Programs that write a string of UTF-16 as UTF-8 leave its declaration as it was.
    if name in ("utf-8", "utf8", "utf-16"):
        return data, "UTF-8"
    try:
        return data.decode(AS_FOUND.get(name, name)).encode(), "UTF-8"
    except LookupError as error:
        raise RefusedXML(f"has an unknown encoding, {name[:80]}") from error
    except ValueError as error:
        raise RefusedXML(f"is not {name[:80]}, as it says: {error}") from error


def parse_xml(data: bytes) -> Element:
    """The root element, of any encoding. Definitions of entities and deep nesting are refused."""
    if len(data) > LARGEST_FILE:
        raise RefusedXML(f"is larger than {LARGEST_FILE >> 20} MB")
    data, encoding = _as_utf8(data)
    builder, depth = TreeBuilder(), 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise RefusedXML(f"has elements nested deeper than {DEEPEST}")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def refuse_definition(*_: object) -> None:
        raise RefusedXML("has a DOCTYPE that defines entities or attributes, or needs such")

    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = refuse_definition
    parser.AttlistDeclHandler = refuse_definition
    parser.SkippedEntityHandler = refuse_definition
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise RefusedXML(f"is not XML: {error}") from error
    return builder.close()
