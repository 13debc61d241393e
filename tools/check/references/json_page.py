"""docs/json.md: the tables of members, from the schemas in docs/schemas. Run as a program, it writes them."""

import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCHEMAS = ("detect", "bench", "eval", "conformance", "inspect")
PAGE, FOLDER = ROOT / "docs/json.md", ROOT / "docs/schemas"
BEGIN, END = "<!-- written by tools/check/references/json_page.py -->\n", "<!-- end of what it writes -->\n"
WORDS = {"string": "text", "integer": "integer", "number": "number", "boolean": "true or false", "null": "null",
         "array": "list", "object": "object"}


def schema(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def replaced(page: str) -> str:
    """The page with the tables of the schemas between its markers."""
    before, rest = page.split(BEGIN)
    return before + BEGIN + "\n".join(_section(name) for name in SCHEMAS) + END + rest.split(END)[1]


def _section(name: str) -> str:
    whole = schema(name)
    text = f"## {whole['title']}\n\n[schemas/{name}.json](schemas/{name}.json)"
    text += f": {whole['description']}.\n\n" if "description" in whole else "\n\n"
    forms = whole.get("oneOf", [whole])
    text += "\nor\n\n".join(_table(form) for form in forms)
    for inner, part in whole.get("$defs", {}).items():
        text += f"\n**{inner}**\n\n" + _table(part)
    return text


def _table(part: dict) -> str:
    rows = [("member", "value", "what")]
    for member, value in part["properties"].items():
        left_out = "" if member in part["required"] else "; may be left out"
        rows.append((f"`{member}`", _kind(value) + left_out, value.get("description", "")))
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "| --- | --- | --- |", *lines[1:]]) + "\n"


def _kind(value: dict) -> str:
    """What a value is, for people."""
    if "$ref" in value:
        return f"**{value['$ref'].rsplit('/', 1)[1]}**"
    if "oneOf" in value:
        return " or ".join(_kind(one) for one in value["oneOf"])
    if "enum" in value:
        return " or ".join(f"`{one}`" for one in value["enum"])
    kinds = value["type"] if isinstance(value["type"], list) else [value["type"]]
    return " or ".join(_plain(kind, value) for kind in kinds)


def _plain(kind: str, value: dict) -> str:
    if kind == "array":
        return f"list of {_kind(value['items'])}"
    if kind == "object" and value.get("properties"):
        return "object of " + ", ".join(f"`{name}`" for name in value["properties"])
    if kind == "object":
        return f"object of names with {_kind(value['additionalProperties'])}"
    return WORDS[kind]


def main() -> None:
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
