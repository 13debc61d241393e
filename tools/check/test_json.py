"""The JSON that the tools print is what docs/schemas say, and docs/json.md says the same.

Real output of every subcommand must validate: of maps and of graphs with post-processing, with and without a
predicted IoU, with every option that adds members, of models that cannot run. A schema that would let anything else
pass is a failure too: each object of the output with one member more, or with a required one less, must not validate.
"""

import copy
import json
import pathlib
import subprocess
from collections.abc import Iterator

import json_page
import jsonschema
import onnx
import pytest
import videos

ROOT = pathlib.Path(__file__).resolve().parents[2]
IOUC, IOURUN = ROOT / ".build/release/iouc", ROOT / ".build/release/iourun"
MODEL, PICTURE = ROOT / "models/blood-cells.onnx", ROOT / "Examples/smear.png"
OPEN = {"shape", "shapes", "notes", "operator_sets"}  # their members are names of the model


def run(*arguments: object) -> str:
    result = subprocess.run([str(one) for one in arguments], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, arguments))}\n{result.stderr}")
    return result.stdout


# ---- What is looked at ----------------------------------------------------------------------------


def exported(folder: pathlib.Path, name: str, *options: str) -> pathlib.Path:
    path = folder / name
    run(IOUC, "export", path, "--backbone", "mobilenetv2", "--classes", 2, "--fpn-channels", 16, "--short-side", 64,
        "--long-side", 96, *options)
    return path


def changed(folder: pathlib.Path, name: str, path: pathlib.Path, **metadata: str) -> pathlib.Path:
    """A copy with other metadata."""
    model = onnx.load(path)
    values = {entry.key: entry.value for entry in model.metadata_props} | metadata
    onnx.helper.set_model_props(model, values)
    onnx.save(model, folder / name)
    return folder / name


def odd_model(folder: pathlib.Path) -> pathlib.Path:
    """A function, a missing operator, an unknown rank, no metadata."""
    helper = onnx.helper
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    body = helper.make_function("own", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], sets[:1])
    nodes = [helper.make_node("Twice", ["x"], ["y"], domain="own"), helper.make_node("Frobnicate", ["y"], ["z"])]
    graph = helper.make_graph(nodes, "odd", [helper.make_tensor_value_info("x", 1, None)],
                              [helper.make_tensor_value_info("z", 1, ["N", None, 3])])
    onnx.save(helper.make_model(graph, opset_imports=sets, functions=[body]), folder / "odd.onnx")
    return folder / "odd.onnx"


def annotations(folder: pathlib.Path, name: str = "truth.json",
                classes: tuple[str, ...] = ("RBC", "WBC", "Platelets")) -> pathlib.Path:
    truth = {"images": [{"id": 1, "file_name": PICTURE.name, "width": 640, "height": 480}],
             "categories": [{"id": i + 1, "name": label} for i, label in enumerate(classes)],
             "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [100, 100, 60, 60], "area": 3600,
                              "iscrowd": 0}]}
    path = folder / name
    path.write_text(json.dumps(truth))
    return path


def outputs(folder: pathlib.Path) -> Iterator[tuple[str, str, str]]:
    """The schema, the case and the JSON text."""
    graph = exported(folder, "graph.onnx", "--postprocess", "graph")
    plain = exported(folder, "plain.onnx", "--no-iou-head")
    refused = changed(folder, "refused.onnx", graph, **{"iou.alpha": "2"})
    truth, results = annotations(folder), folder / "results.json"
    detect = (PICTURE, "--json", "-")
    clip = videos.write(folder / "clip.mp4", videos.panned(3, 3, 160, 120), "libx264")
    yield "detect", "video", run(IOURUN, MODEL, clip, "--json", "-", "--track")
    yield "detect", "maps", run(IOURUN, MODEL, *detect, "--coco", results, "--annotations", truth)
    yield "detect", "graph", run(IOURUN, graph, *detect)
    yield "detect", "no IoU", run(IOURUN, plain, *detect, "--score-threshold", "0")
    yield "detect", "nothing found", run(IOURUN, MODEL, *detect, "--score-threshold", "1")
    bench = ("--runs", 1, "--warmup", 0, "--json", "-")
    yield "bench", "nominal", run(IOURUN, "bench", MODEL, *bench)
    yield "bench", "per op", run(IOURUN, "bench", graph, "--per-op", *bench)
    evaluate = ("--images", PICTURE.parent, "--annotations", truth, "--json", "-")
    yield "eval", "one α", run(IOURUN, "eval", MODEL, *evaluate)
    yield "eval", "explained", run(IOURUN, "eval", MODEL, *evaluate, "--explain", "--alpha", "0,0.5,1",
                                   "--voc-iou", "0.5,0.7")
    yield "eval", "with a report", run(IOURUN, "eval", MODEL, *evaluate, "--report", folder / "report")
    others = annotations(folder, "others.json", ("class 0", "class 1"))
    yield "eval", "without IoU, with a report", run(IOURUN, "eval", plain, "--images", PICTURE.parent, "--annotations",
                                                    others, "--json", "-", "--report", folder / "report")
    yield "eval", "results", run(IOURUN, "eval", "--detections", results, "--annotations", truth, "--json", "-")
    yield "eval", "results, with a report", run(IOURUN, "eval", "--detections", results, "--annotations", truth,
                                                "--json", "-", "--report", folder / "report")
    cases = pathlib.Path(onnx.__file__).parent / "backend/test/data/node"
    named = [cases / f"test_{name}" for name in ("relu", "argmax_default_axis_example", "string_concat")]
    yield "conformance", "three cases", run(IOURUN, "conformance", *named, "--json", "-")
    for path in (MODEL, graph, plain, refused, odd_model(folder)):
        yield "inspect", path.stem, run(IOUC, "inspect", path, "--json")


# ---- How it is looked at --------------------------------------------------------------------------


def objects(value: object, name: str = "") -> Iterator[dict]:
    """All objects in a value whose members the schema names."""
    if isinstance(value, dict):
        if name not in OPEN:
            yield value
        for key, inner in value.items():
            yield from objects(inner, key)
    elif isinstance(value, list):
        for inner in value[:1] + value[-1:]:
            yield from objects(inner, name)


def tolerated(validator: jsonschema.Draft202012Validator, found: dict) -> str | None:
    """A change that the schema lets pass."""
    draft = copy.deepcopy(found)
    for part in objects(draft):
        part["unheard of"] = 1
        if validator.is_valid(draft):
            return f"a strange member beside {', '.join(part)}"
        del part["unheard of"]
    for name in draft:
        if validator.is_valid({key: value for key, value in draft.items() if key != name}) and name not in (
                "explain", "report"):
            return f"an output without {name}"
    return None


@pytest.fixture(scope="module")
def validators() -> dict[str, jsonschema.Draft202012Validator]:
    return {name: jsonschema.Draft202012Validator(json_page.schema(name)) for name in json_page.SCHEMAS}


@pytest.mark.parametrize("name", json_page.SCHEMAS)
def test_schema(name):
    jsonschema.Draft202012Validator.check_schema(json_page.schema(name))


def test_page():
    page = json_page.PAGE.read_text(encoding="utf-8")
    assert page == json_page.replaced(page), "docs/json.md differs from docs/schemas; references/json_page.py writes it"


def test_outputs(validators, tally, tmp_path):
    for name, case, text in outputs(tmp_path):
        found = json.loads(text)
        error = jsonschema.exceptions.best_match(validators[name].iter_errors(found))
        fault = f"{error.json_path}: {error.message[:200]}" if error else None
        lax = None if error else tolerated(validators[name], found)
        tally.add(f"{name}, {case}", fault, lax and f"the schema lets pass {lax}")
