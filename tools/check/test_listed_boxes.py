"""iou_detector_run on models whose outputs list boxes, with decoders of each family.

The decoder prepares pictures of odd sides as the family's own code does, ONNX Runtime runs the model, and the decoder
makes boxes of its outputs. The library has the metadata alone: a preset's, or the keys that ultralytics writes.
"""

import family_decoders as family
import numpy as np
import onnx
import onnxruntime
import pytest
import row_models as models
from detect_test_hooks import HookError, preset_keys
from detection_compare import differences
from detector_library import Library
from libiou import IoUError, Model, Session
from onnx import TensorProto, helper, numpy_helper
from pictures import picture

PICTURES = ((427, 640), (375, 500), (33, 500))
SIDES = (256, 320)
CLASSES = 5
ROUNDING = 1e-5


def with_keys(data, keys):
    """The model with metadata in place of its own."""
    model = onnx.load_from_string(data)
    onnx.helper.set_model_props(model, keys)
    return model.SerializeToString()


def annotated(data, preset, **changes):
    keys = preset_keys(data, preset) | {"iou." + key.replace("__", "."): value for key, value in changes.items()}
    return with_keys(data, {key: value for key, value in keys.items() if value is not None})


def outputs(data, array):
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, {"images": array})))


def smooth(height, width, seed=0):
    """A picture in which neighbours are alike, so that resizing leaves contrast."""
    random = np.random.default_rng(seed + height * 7 + width)
    coarse = random.integers(0, 256, (height // 9 + 2, width // 9 + 2, 3)).astype(np.uint8)
    fine = np.repeat(np.repeat(coarse, 9, 0), 9, 1)[:height, :width]
    return np.ascontiguousarray(fine // 2 + picture(height, width, seed) // 2)


def with_half_border(data):
    """The model with its input and outputs in float16."""
    model = onnx.load_from_string(data)
    graph, casts = model.graph, []
    for info in [*graph.input, *graph.output]:
        info.type.tensor_type.elem_type = TensorProto.FLOAT16
        inner = f"{info.name} in float32"
        for node in graph.node:
            for names in (node.input, node.output):
                names[:] = [inner if name == info.name else name for name in names]
        ends = (inner, info.name) if info in graph.output else (info.name, inner)
        to = TensorProto.FLOAT16 if info in graph.output else TensorProto.FLOAT
        casts.append(helper.make_node("Cast", [ends[0]], [ends[1]], to=to))
    nodes = [casts[0], *graph.node, *casts[1:]]
    del graph.node[:]
    graph.node.extend(nodes)
    return model.SerializeToString()


def half_outputs(data, array):
    """Of our own session: a rounding of another to the last bit would move boxes by parts of a pixel."""
    found = Session(data).run({"images": array.astype(np.float16)})
    return {name: output.astype(np.float32) for name, output in found.items()}


def compare(data, place, decode, least=5, run=outputs, **overrides):
    """The first difference on any of the pictures, or None. `decode(outputs, place)` gives what is expected."""
    detector = Library(data)
    for height, width in PICTURES:
        pixels = smooth(height, width)
        placed = place(pixels)
        expected = decode(run(data, placed.input), placed)
        found = detector.run([pixels], **overrides)[0]
        if len(expected) < least:
            return f"{height} x {width}: {len(expected)} found test little"
        problem = differences(found, expected, ROUNDING)
        if problem:
            return f"{height} x {width}: {problem}"
    return None


def boxed(pixels):
    return family.Letterbox(pixels, SIDES)


def stretched(normalised=False):
    return lambda pixels: family.Stretched(pixels, SIDES, normalised)


# ---- Families ------------------------------------------------------------------------------------


def yolo_cases():
    def v8(found, place, **options):
        return family.yolov8(found["output0"][0], CLASSES, place, **options)

    data = models.yolov8(SIDES)
    yield "v8 by ultralytics' keys", compare(data, boxed, v8)
    yield "v8 by a preset", compare(annotated(data, "yolov8"), boxed, v8)
    yield "v8, other thresholds", compare(
        data, boxed, lambda found, place: v8(found, place, confidence=0.4, threshold=0.3), score_threshold=0.4,
        nms_threshold=0.3)
    yield "v8, names as a list", compare(
        with_keys(data, models.ultralytics(CLASSES, SIDES) | {"names": "['a', \"it's\", 'c', 'd', 'e']"}), boxed, v8)
    yield "v8 in float16", compare(with_half_border(data), boxed, v8, run=half_outputs)
    yield "v8, open batch", compare(models.yolov8(SIDES, batch=None), boxed, v8)
    yield "v8, open sides", compare(models.yolov8(SIDES, open_sides=True), boxed, v8)
    for task, extra in (("segment", 7), ("pose", 51)):
        task_keys = models.ultralytics(CLASSES, SIDES, task)
        yield f"v8, {task}", compare(models.yolov8(SIDES, extra=extra, metadata=task_keys), boxed, v8)
    turned = models.yolov8(SIDES, extra=1, metadata=models.ultralytics(CLASSES, SIDES, "obb"))
    yield "v8, oriented", compare(turned, boxed, lambda found, place: v8(found, place, turned=True))
    yield "v5 by its keys", compare(
        with_keys(models.yolov5(SIDES), {"names": models.names(CLASSES), "stride": "32"}), boxed,
        lambda found, place: family.yolov5(found["output"][0], place))


def grid_cases():
    data = models.yolox(SIDES)
    yield "yolox", compare(annotated(data, "yolox"), lambda pixels: family.Corner(pixels, SIDES),
                           lambda found, place: family.yolox(found["output"][0], SIDES, place))
    few = Library(annotated(data, "yolox", strides="8 16"))
    yield "too many rows", refusal(lambda: few.run([smooth(64, 64)]), "'output'", "1600 rows", "1680")
    for changes, part in (({"strides": "8 x"}, "'8 x'"), ({"strides": "0.5"}, "'0.5'"), ({"strides": None}, "missing"),
                          ({"boxes__cell": "edge"}, "'edge'"),
                          ({"boxes__unit": "padded"}, "iou.boxes.unit"), ({"boxes__form": "centre"}, "iou.strides")):
        model = annotated(data, "yolox", **changes)
        yield f"yolox {changes}", refusal(lambda model=model: Library(model), part)


def level_cases():
    for sides, bins in (((256, 320), 8), ((200, 152), 8), ((128, 128), 2)):
        data = models.picodet(sides, bins=bins)

        def decode(found, place, sides=sides):
            scores, boxes = ([found[f"{kind}{i}"][0] for i in range(4)] for kind in ("scores", "boxes"))
            return family.picodet(scores, boxes, sides, place)
        yield f"picodet {sides} {bins}", compare(
            annotated(data, "picodet"), lambda pixels, sides=sides: family.StretchedByOpenCV(pixels, sides), decode)
    data = models.picodet(SIDES)
    keys = preset_keys(data, "picodet")
    cut = {kind: keys[f"iou.outputs.{kind}"].rsplit("\n", 1)[0] for kind in ("cls", "boxes")}
    turned = "\n".join(reversed(keys["iou.outputs.boxes"].split("\n")))
    for changes, *parts in (
            ({"outputs__cls": cut["cls"]}, "'iou.outputs.cls'", "4 to 4 names", "3"),
            ({"outputs__cls": cut["cls"], "outputs__boxes": cut["boxes"]}, "'iou.strides'", "3 numbers", "4"),
            ({"boxes__bins": "9"}, "[N, R, 36]", "32 columns"), ({"boxes__bins": None}, "iou.boxes.bins", "missing"),
            ({"boxes__bins": "0"}, "1 to 64"), ({"boxes__cell": None}, "iou.boxes.cell", "missing"),
            ({"boxes__form": "grid"}, "iou.boxes.bins", "not distances")):
        model = annotated(data, "picodet", **changes)
        yield f"picodet {changes}", refusal(lambda model=model: Library(model), *parts)
    mixed = Library(annotated(data, "picodet", outputs__boxes=turned))
    yield "levels mixed up", refusal(lambda: mixed.run([smooth(64, 64)]), "'scores0'", "20 rows", "1280")
    other = Library(annotated(data, "picodet", strides="8 16 32 60"))
    yield "another stride", refusal(lambda: other.run([smooth(64, 64)]), "'boxes3'", "30 rows", "20")


def end_to_end_cases():
    def plain(found, place):
        values = found["output0"][0]
        return family.rows(values[:, :4], values[:, 4], values[:, 5], place, 0.25)

    data = models.end_to_end(SIDES)
    yield "end to end by ultralytics' keys", compare(data, boxed, plain)
    for preset in ("yolo-end2end", "yolo-nms"):
        yield preset, compare(annotated(data, preset), boxed, plain)
    yield "keys without end2end", compare(with_keys(data, models.ultralytics(CLASSES, SIDES)), boxed, plain)
    yield "a limit", compare(data, boxed, lambda found, place: plain(found, place)[:4], least=4, max_detections=4)
    seventh = models.end_to_end(SIDES, order="box label score", picture=True)

    def numbered(found, place):
        values = found["output"]
        return family.rows(values[:, 1:5], values[:, 6], values[:, 5], place, 0.25)
    yield "yolov7-nms", compare(annotated(seventh, "yolov7-nms"), boxed, numbered)


def query_cases():
    softmax, sigmoid = models.queries(SIDES, no_object=True), models.queries(SIDES)

    def detr(found, place):
        return family.detr(found["logits"][0], found["pred_boxes"][0], place)

    def rt_detr(found, place):
        return family.rt_detr(found["logits"][0], found["pred_boxes"][0], place)
    yield "detr", compare(annotated(softmax, "detr"), stretched(True), detr)
    yield "rt-detr", compare(annotated(sigmoid, "rt-detr"), stretched(), rt_detr)
    chosen = models.rt_detr_of_ultralytics(SIDES, head="RTDETRDecoder", end2end="False")
    before = models.rt_detr_of_ultralytics(SIDES, chosen=False, description="Ultralytics RT-DETR-l model")

    def ends(found, place):
        values = found["output0"][0]
        return family.rows(family.corners(values[:, :4].astype(np.float64)), values[:, 4], values[:, 5], place, 0.25)

    def each(found, place):
        values = found["output0"][0]
        p = values[:, 4:]
        return family.rows(family.corners(values[:, :4].astype(np.float64)), p.max(1), p.argmax(1), place, 0.25, 300)

    def opencv(pixels):
        return family.StretchedByOpenCV(pixels, SIDES, normalised=False)
    yield "RT-DETR by ultralytics", compare(chosen, opencv, ends)
    yield "RT-DETR by ultralytics, before", compare(before, opencv, each)
    yield "deformable-detr", compare(annotated(sigmoid, "deformable-detr"), stretched(True), rt_detr)


def list_cases():
    def plain(found, place):
        return family.rows(found["boxes"], found["scores"], found["labels"] - 1, place, 0.05, 300)

    data = models.lists((427, 640))
    detector = Library(annotated(data, "torchvision"))
    pixels = smooth(427, 640)
    place = family.Untouched(pixels)
    expected = plain(outputs(data, place.input), place)
    few = len(expected) < 5
    yield "torchvision", "few" if few else differences(detector.run([pixels])[0], expected, ROUNDING)
    empty = Library(annotated(models.lists((427, 640), least=2.0), "torchvision"))
    yield "torchvision, nothing", None if empty.run([pixels]) == [[]] else "something"


def batch_cases():
    """Pictures of a batch are found as each alone, and scored again as they were."""
    pictures = [smooth(*sides) for sides in PICTURES[:2]]
    numbered = models.end_to_end(SIDES, order="box label score", picture=True, batch=2)
    lonely = annotated(models.end_to_end(SIDES, order="box label score", picture=True), "yolov7-nms")
    kinds = {
        "v8": (models.yolov8(SIDES, batch=2), models.yolov8(SIDES)),
        "end to end": (models.end_to_end(SIDES, batch=None), models.end_to_end(SIDES)),
        "v7 end to end": (annotated(numbered, "yolov7-nms"), lonely),
        "detr": (annotated(models.queries(SIDES, no_object=True, batch=2), "detr"),
                 annotated(models.queries(SIDES, no_object=True), "detr")),
    }
    for name, (both, one) in kinds.items():
        detector, alone = Library(both), Library(one)
        found = detector.run(pictures)
        yield f"{name}, batch of 2", None if str(found) == str([alone.run([p])[0] for p in pictures]) else "differs"
        yield f"{name}, scored again", None if str(detector.rescore(2)) == str(found) else "differs"
        higher = detector.rescore(2, score_threshold=0.6)
        yield f"{name}, scored higher", (
            None if str(higher) == str([[d for d in one if d[1] > 0.6] for one in found]) else "differs")


@pytest.mark.parametrize("group", [yolo_cases, grid_cases, level_cases, end_to_end_cases, query_cases, list_cases,
                                   batch_cases])
def test_listed_boxes(group, tally):
    tally.add_all(group())


# ---- Refusals ------------------------------------------------------------------------------------


def refusal(call, *parts):
    """None where the call is refused in one line with all the parts."""
    try:
        call()
    except (RuntimeError, IoUError, HookError) as error:
        text = str(error)
        missing = [part for part in parts if part not in text]
        return f"{text!r} has no {missing[0]!r}" if missing or "\n" in text else None
    return "accepted"


def own_key_cases():
    """Keys of ultralytics that say too little or something else."""
    def keys(**changes):
        values = models.ultralytics(CLASSES, SIDES) | changes
        return {key: value for key, value in values.items() if value is not None}
    data = models.yolov8(SIDES)
    cases = {
        "another task": (keys(task="classify"), "'task'", "detect segment pose obb", "classify"),
        "grey": (keys(channels="1"), "'channels'", "expected 3", "'1'"),
        "names of four": (keys(names=models.names(4)), "'output0'", "[N, 8, R]", "[1, 9, 320]", "iouc annotate"),
        "names of six": (keys(names=models.names(6)), "'output0'", "[N, 10, R]", "[1, 9, 320]"),
        "names with a hole": (keys(names="{0: 'a', 2: 'b'}"), "'names'", "by their number"),
        "no names": (keys(names="{}"), "'names'"),
        "half a name": (keys(names="{0: 'a"), "'names'"),
        "a long name": (keys(names="{0: '" + "a" * 10000), "'names'"),
        "a wrong size": (keys(imgsz="640"), "'imgsz'", "[height, width]", "'640'"),
        "another size": (keys(imgsz="[-1, 3]"), "'imgsz'"),
        "only names": ({"names": models.names(CLASSES)}, "no detector metadata", "iouc annotate"),
        "nothing": ({}, "no detector metadata", "iouc annotate"),
    }
    for name, (metadata, *parts) in cases.items():
        model = with_keys(data, metadata)
        yield name, refusal(lambda model=model: Library(model), *parts)
    open_sides = with_keys(models.yolov8(SIDES, open_sides=True), keys(imgsz=None))
    yield "no size", refusal(lambda: Library(open_sides), "height and width", "imgsz")


def metadata_cases():
    """Keys that contradict each other or the model."""
    candidates, ends = models.yolov8(SIDES), models.end_to_end(SIDES)
    lists, pairs = models.lists((64, 64)), models.queries(SIDES)
    cases = [
        (candidates, "yolov8", {"outputs__rows__columns": "box classes objectness",
                                   "outputs__objectness__kind": "logit"}, "'output0'", "[N, 10, R]"),
        (candidates, "yolov8", {"outputs__rows__columns": "box"}, "rows.columns", "either classes or a label"),
        (candidates, "yolov8", {"outputs__rows__columns": "box classes box"}, "rows.columns", "'box'"),
        (candidates, "yolov8", {"outputs__rows__columns": "box others classes"}, "rows.columns", "'classes'"),
        (candidates, "yolov8", {"outputs__rows__columns": "box  classes"}, "rows.columns", "''"),
        (candidates, "yolov8", {"outputs__rows__columns": None}, "rows.columns", "missing"),
        (candidates, "yolov8", {"outputs__rows": None}, "rows.columns", "no such key"),
        (candidates, "yolov8", {"outputs__rows": "other"}, "'iou.outputs.rows'", "'other'"),
        (candidates, "yolov8", {"outputs__rows__order": "rows-first"}, "'output0'", "[N, R, 9]", "320 columns"),
        (candidates, "yolov8", {"outputs__boxes": "output0"}, "iou.outputs.boxes", "no such key"),
        (candidates, "yolov8", {"outputs__cls__kind": None}, "iou.outputs.cls.kind", "missing"),
        (candidates, "yolov8", {"classes__kept": "most"}, "iou.classes.kept", "'most'"),
        (candidates, "yolov8", {"topk__unit": "pairs"}, "iou.topk.unit", "anchors"),
        (candidates, "yolov8", {"nms__threshold": "none"}, "iou.nms.compare", "none"),
        (candidates, "yolov8", {"boxes__form": "middle"}, "iou.boxes.form", "'middle'"),
        (candidates, "yolov8", {"boxes__unit": "feet"}, "iou.boxes.unit", "'feet'"),
        (candidates, "yolov8", {"clip": "grid", "clip__when": "before-nms"}, "iou.clip", "'grid'"),
        (candidates, "yolov8", {"outputs__counts": "counts"}, "iou.outputs.counts", "no labels"),
        (candidates, "yolov8", {"anchors": "0 0 1 1"}, "iou.anchors"),
        (candidates, "yolov8", {"alpha": "0.5"}, "iou.alpha"),
        (candidates, "yolov8", {"input__resize": "stretch 256 320", "boxes__scale": "factor"}, "iou.boxes.scale",
         "sizes"),
        (candidates, "yolov8", {"input__resize": "fit 256 321"}, "iou.input.resize", "width 320"),
        (candidates, "yolov8", {"input__pad__side": "left"}, "iou.input.pad.side", "'left'"),
        (ends, "yolo-nms", {"outputs__rows__columns": "box score"}, "rows.columns", "a score with a label"),
        (ends, "yolo-nms", {"outputs__rows__columns": "box label"}, "rows.columns", "a score with a label"),
        (ends, "yolo-nms", {"topk": "10"}, "iou.topk", "rows have labels"),
        (ends, "yolo-nms", {"outputs__cls__kind": "logit"}, "iou.outputs.cls.kind", "rows have labels"),
        (ends, "yolo-nms", {"outputs__counts": "output0"}, "iou.outputs.counts", "once"),
        (lists, "torchvision", {"outputs__labels": "scores"}, "once", "'scores'"),
        (lists, "torchvision", {"outputs__labels": None}, "a score with a label"),
        (lists, "torchvision", {"outputs__scores": "labels", "outputs__labels": "scores"}, "'labels'", "float32"),
        (pairs, "rt-detr", {"outputs__cls": "pred_boxes", "outputs__boxes": "logits"}, "columns"),
        (pairs, "rt-detr", {"classes__channels": "6"}, "'logits'", "[N, R, 6]", "5 columns"),
        (pairs, "rt-detr", {"input__resize__step": "factor"}, "iou.input.resize.step", "sizes"),
    ]
    for data, preset, changes, *parts in cases:
        model = annotated(data, preset, **changes)
        yield f"{preset} {changes}", refusal(lambda model=model: Library(model), *parts)


def option_cases():
    """What such a model cannot be asked for."""
    pixels = [smooth(64, 64)]
    detector = Library(models.yolov8(SIDES))
    yield "alpha 0.5", refusal(lambda: detector.run(pixels, alpha=0.5), "alpha 1", "0.5")
    yield "alpha 1", None if str(detector.run(pixels, alpha=1.0)) == str(detector.run(pixels)) else "differs"
    ends = Library(models.end_to_end(SIDES))
    yield "a threshold of overlap", refusal(lambda: ends.run(pixels, nms_threshold=0.5), "nms_threshold", "0.5")


def preset_cases():
    data = with_keys(models.yolov8(SIDES), {})
    yield "no labels", refusal(lambda: preset_keys(data, "yolov8"), "'yolov8'", "labels", "'names'")
    yield "no such preset", refusal(lambda: preset_keys(data, "yolov0"), "'yolov0'")
    named = with_keys(models.yolov8(SIDES), {"names": models.names(CLASSES)})
    yield "one output for lists", refusal(lambda: preset_keys(named, "torchvision"), "'torchvision'", "no boxes")
    yield "one output for pairs", refusal(lambda: preset_keys(named, "detr"), "'detr'", "no boxes")


def value_cases():
    """Outputs that only a run shows."""
    pixels = [smooth(64, 64)]
    many = models.end_to_end(SIDES, classes=9)
    keys = models.ultralytics(CLASSES, SIDES, end2end="True")
    yield "labels of other classes", refusal(
        lambda: Library(with_keys(many, keys)).run(pixels), "'output0'", "labels from 0 to 4")


@pytest.mark.parametrize("group", [own_key_cases, metadata_cases, option_cases, preset_cases, value_cases])
def test_refusals(group, tally):
    tally.add_all(group())


# ---- What is not a number -----------------------------------------------------------------------


def constant_model(values, keys):
    """A model that reports `values` whatever it sees."""
    nodes = [helper.make_node("ReduceSum", ["images"], ["sum"], keepdims=0),
             helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
             helper.make_node("Add", ["values", "nothing"], ["output0"])]
    tensors = [numpy_helper.from_array(np.float32(values), "values"),
               numpy_helper.from_array(np.float32(0), "zero")]
    graph = helper.make_graph(
        nodes, "constant", [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, list(np.shape(values)))], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, keys)
    return model.SerializeToString()


def number_cases():
    nan, inf = float("nan"), float("inf")
    pixels = [smooth(64, 64)]
    good = [8, 8, 40, 40, 0.5, 1]
    rows = [good, [nan, 8, 40, 40, 0.9, 1], [8, 8, inf, 40, 0.9, 1], [8, 8, 40, 40, nan, nan],
            [8, 8, 40, 40, -0.5, 7], [9, 9, 40, 40, 0.5, 0], [0, 0, 0, 0, 0, -1]]
    found = Library(constant_model([rows], models.ultralytics(2, (64, 64), end2end="True"))).run(pixels)[0]
    expected = [([8, 8, 40, 40], 0.5, 1), ([9, 9, 40, 40], 0.5, 0)]
    yield "detections, the first of equals first", (
        None if [(d[0], d[1], d[4]) for d in found] == expected else f"{found}")
    wrong = [[8, 8, 40, 40, 0.5, nan]]
    yield "a label that is no number", refusal(
        lambda: Library(constant_model([wrong], models.ultralytics(2, (64, 64), end2end="True"))).run(pixels),
        "'output0'", "labels from 0 to 1", "nan")
    rows = [[20, 20, 10, 10, 0.6, nan, nan], [nan, 20, 10, 10, 0.9, 0, 0], [40, 40, 10, 10, nan, nan, nan],
            [40, 20, 10, 10, 0.5, 0.7, 0.7], [20, 40, inf, 10, 0.9, 0.1, 0.1]]
    data = constant_model(np.array(rows, np.float32).T[None], models.ultralytics(3, (64, 64)))
    found = Library(data).run(pixels)[0]
    expected = [([35, 15, 45, 25], np.float32(0.7), 1), ([15, 15, 25, 25], np.float32(0.6), 0)]
    yield "candidates, the lowest of equal classes", (
        None if [(d[0], d[1], d[4]) for d in found] == expected else f"{found}")
    none = constant_model(np.full((1, 7, 5), nan, np.float32), models.ultralytics(3, (64, 64)))
    yield "nothing but NaN", None if Library(none).run(pixels) == [[]] else "something"


def test_numbers(tally):
    tally.add_all(number_cases())


# ---- Information ---------------------------------------------------------------------------------


def test_detector_info():
    info = Model(models.yolov8(SIDES, extra=7, metadata=models.ultralytics(CLASSES, SIDES, "segment"))).detector_info()
    assert (info["outputs"], info["not_reported"], info["level_count"], info["anchor_count"]) == (2, "masks", 0, 0)
    assert (info["input_resize"], info["input_sides"], info["input_pad_centred"]) == (2, list(SIDES), True)
    assert abs(info["nms_threshold"] - 0.7) < 1e-6 and info["labels"][4] == "class 4" and not info["predicts_iou"]
    ends = Model(models.end_to_end(SIDES)).detector_info()
    assert np.isnan(ends["nms_threshold"]) and ends["not_reported"] is None and ends["max_detections"] == 320
