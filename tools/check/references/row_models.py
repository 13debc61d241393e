"""Small detectors whose outputs list boxes, as families of them do: one convolution, then the family's head.

A cell of 16 x 16 pixels makes a box of about 50, and its classes. The weights are random.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CELL = 16
OPSET = 17


class RowModel:
    """A graph under construction. `sides`: height and width; `batch` None: a symbol, 0: no axis."""

    def __init__(self, sides, classes, extra=0, batch=1, seed=0, shift=-2.0, open_sides=False):
        self.sides, self.classes, self.batch = sides, classes, batch
        self.nodes, self.tensors, self.outputs = [], [], []
        random = np.random.default_rng(seed)
        self.rows = (sides[0] // CELL) * (sides[1] // CELL)
        count = 4 + classes + extra
        spread = np.array([1.0] * 4 + [2.5] * classes + [1.0] * extra)
        weights = random.normal(0, 1, (count, 3, CELL, CELL)) * spread[:, None, None, None] / (CELL * 0.29 * 3 ** 0.5)
        weights -= weights.mean((1, 2, 3), keepdims=True)
        bias = np.array([0.0] * 4 + [shift] * classes + [0.5] * extra)
        height, width = ("height", "width") if open_sides else sides
        shape = [3, height, width] if batch == 0 else [batch or "batch", 3, height, width]
        self.input = helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)
        images = "images"
        if batch == 0:
            images = self.node("Unsqueeze", ["images", self.integers("front", [0])])
        raw = self.node("Conv", [images, self.tensor("w", weights), self.tensor("b", bias)], strides=[CELL, CELL])
        flat = self.node("Reshape", [raw, self.integers("flat", [0, count, -1])])
        parts = self.split(flat, [2, 2, classes] + [extra] * (extra > 0))
        self.centres, self.sizes = self.boxes(*parts[:2])
        self.logits = parts[2]
        self.extra = parts[3] if extra else None

    def node(self, kind, inputs, outputs=1, **attributes):
        names = [f"{kind}{len(self.nodes)}.{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def tensor(self, name, values, dtype=np.float32):
        name = f"{name}{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def integers(self, name, values):
        return self.tensor(name, values, np.int64)

    def split(self, value, sizes, axis=1):
        found = self.node("Split", [value, self.integers("sizes", sizes)], len(sizes), axis=axis)
        return [found] if len(sizes) == 1 else found

    def boxes(self, shift, size):
        """Centres [N, 2, R] and sizes [N, 2, R] in pixels of the input."""
        y, x = np.mgrid[0:self.sides[0] // CELL, 0:self.sides[1] // CELL]
        grid = (np.stack([x.ravel(), y.ravel()])[None] + 0.5) * CELL
        moved = self.node("Mul", [self.node("Tanh", [shift]), self.tensor("c", CELL)])
        grown = self.node("Exp", [self.node("Mul", [size, self.tensor("h", 0.3)])])
        return (self.node("Add", [moved, self.tensor("grid", grid)]),
                self.node("Mul", [grown, self.tensor("s", [[[56.0], [44.0]]])]))

    def concat(self, *values, axis=1):
        return self.node("Concat", list(values), axis=axis)

    def turned(self, value):
        return self.node("Transpose", [value], perm=[0, 2, 1])

    def corners(self):
        half = self.node("Mul", [self.sizes, self.tensor("half", 0.5)])
        return self.concat(self.node("Sub", [self.centres, half]), self.node("Add", [self.centres, half]))

    def best(self):
        """Score [N, 1, R] and class [N, 1, R] of each row."""
        scores = self.node("Sigmoid", [self.logits])
        return (self.node("ReduceMax", [scores], axes=[1], keepdims=1),
                self.node("ArgMax", [scores], axis=1, keepdims=1))

    def output(self, value, name, shape, kind=TensorProto.FLOAT):
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def model(self, **metadata):
        graph = helper.make_graph(self.nodes, "rows", [self.input], self.outputs, self.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        helper.set_model_props(model, metadata)
        onnx.checker.check_model(model)
        return model.SerializeToString()


# ---- Families ------------------------------------------------------------------------------------


def names(classes):
    """The value that ultralytics writes: a dictionary as Python prints it."""
    return str({i: f"class {i}" for i in range(classes)})


def ultralytics(classes, sides, task="detect", **more):
    return {"task": task, "names": names(classes), "imgsz": str(list(sides)), "stride": "32",
            "channels": "3"} | more


def yolov8(sides, classes=5, extra=0, metadata=None, **options):
    """[N, 4 + K + extra, R]."""
    m = RowModel(sides, classes, extra, **options)
    parts = [m.centres, m.sizes, m.node("Sigmoid", [m.logits])] + [m.extra] * (extra > 0)
    m.output(m.concat(*parts), "output0", [m.input.type.tensor_type.shape.dim[0].dim_value or "batch",
                                           4 + classes + extra, m.rows])
    return m.model(**(metadata or ultralytics(classes, sides)))


def yolov5(sides, classes=5, metadata=None, **options):
    """[N, R, 5 + K]."""
    m = RowModel(sides, classes, 1, **options)
    value = m.concat(m.centres, m.sizes, m.node("Sigmoid", [m.extra]), m.node("Sigmoid", [m.logits]))
    m.output(m.turned(value), "output", [m.batch or "batch", m.rows, 5 + classes])
    return m.model(**(metadata or {"names": names(classes), "stride": "32"}))


def yolox(sides, classes=5, **options):
    """[N, R, 5 + K], boxes as cells of strides 8, 16 and 32; sides are multiples of 32. Classes and objectness are
    probabilities."""
    m = RowModel(sides, classes, **options)
    random, parts = np.random.default_rng(5), []
    for stride in (8, 16, 32):
        count = 5 + classes
        weights = random.normal(0, 1, (count, 3, stride, stride)) / (stride * 50)
        weights -= weights.mean((1, 2, 3), keepdims=True)
        bias = np.concatenate([[0.5, 0.5, 1.0, 1.0, 0.5], random.normal(0, 0.3, classes)])
        value = m.node("Conv", ["images", m.tensor("w", weights * 3), m.tensor("b", bias)], strides=[stride] * 2)
        parts.append(m.node("Reshape", [value, m.integers("flat", [0, count, -1])]))
    box, scores = m.split(m.concat(*parts, axis=2), [4, 1 + classes])
    m.output(m.turned(m.concat(box, m.node("Sigmoid", [scores]))), "output", [1, sides[0] * sides[1] * 21 // 1024,
                                                                              5 + classes])
    return m.model(names=names(classes))


def picodet(sides, classes=5, bins=8, strides=(8, 16, 32, 64)):
    """Of each level [N, R, K] of probabilities, then of each [N, R, 4 · bins]."""
    m = RowModel(sides, classes)
    random, found = np.random.default_rng(6), []
    for stride in strides:
        cells = [-(-side // stride) for side in sides]
        pads = [0, 0, *(cell * stride - side for cell, side in zip(cells, sides))]
        count = classes + 4 * bins
        weights = random.normal(0, 3, (count, 3, stride, stride)) / (stride * 2)
        weights -= weights.mean((1, 2, 3), keepdims=True)
        bias = np.concatenate([random.normal(-1.5, 0.3, classes), random.normal(0, 0.3, 4 * bins)])
        value = m.node("Conv", ["images", m.tensor("w", weights), m.tensor("b", bias)], strides=[stride] * 2,
                       pads=pads)
        flat = m.node("Reshape", [value, m.integers("flat", [0, count, -1])])
        scores, box = m.split(flat, [classes, 4 * bins])
        found.append((m.turned(m.node("Sigmoid", [scores])), m.turned(box), cells[0] * cells[1]))
    for i, (scores, _, rows) in enumerate(found):
        m.output(scores, f"scores{i}", [1, rows, classes])
    for i, (_, box, rows) in enumerate(found):
        m.output(box, f"boxes{i}", [1, rows, 4 * bins])
    return m.model(names=names(classes))


def end_to_end(sides, classes=5, order="box score label", metadata=None, picture=False, **options):
    """[N, R, 6] of corners, score and class; with `picture` [N · R, 7], the picture's number first."""
    m = RowModel(sides, classes, **options)
    score, label = m.best()
    parts = {"box": m.corners(), "score": score,
             "label": m.node("Cast", [label], to=TensorProto.FLOAT)}
    rows = m.turned(m.concat(*(parts[word] for word in order.split(" "))))
    if picture:
        count = m.batch * m.rows
        numbers = m.tensor("pictures", np.repeat(np.arange(m.batch), m.rows)[:, None])
        flat = m.node("Reshape", [rows, m.integers("flat", [count, 6])])
        m.output(m.concat(numbers, flat), "output", [count, 7])
    else:
        m.output(rows, "output0", [m.batch or "batch", m.rows, 6])
    return m.model(**(metadata or ultralytics(classes, sides, end2end="True")))


def rt_detr_of_ultralytics(sides, classes=5, chosen=True, **metadata):
    """[N, R, 6] of centres from 0 to 1, score and class; or [N, R, 4 + K] of class probabilities."""
    m = RowModel(sides, classes)
    size = m.tensor("input", [[[sides[1]], [sides[0]], [sides[1]], [sides[0]]]])
    boxes = m.node("Div", [m.concat(m.centres, m.sizes), size])
    score, label = m.best()
    values = [score, m.node("Cast", [label], to=TensorProto.FLOAT)] if chosen else [m.node("Sigmoid", [m.logits])]
    m.output(m.turned(m.concat(boxes, *values)), "output0", [1, m.rows, 6 if chosen else 4 + classes])
    return m.model(**ultralytics(classes, sides, **metadata))


def lists(sides, classes=5, metadata=None, least=0.05, **options):
    """torchvision: boxes [M, 4], labels [M] from 1 on, scores [M] of one picture [3, H, W], above `least`."""
    m = RowModel(sides, classes, batch=0, open_sides=True, **options)
    score, label = m.best()
    flat = m.integers("all", [-1])
    scores, labels = m.node("Reshape", [score, flat]), m.node("Reshape", [label, flat])
    kept = m.node("Reshape", [m.node("NonZero", [m.node("Greater", [scores, m.tensor("least", least)])]), flat])
    boxes = m.node("Squeeze", [m.turned(m.corners()), m.integers("front", [0])])
    m.output(m.node("Gather", [boxes, kept], axis=0), "boxes", ["M", 4])
    m.output(m.node("Gather", [m.node("Add", [labels, m.integers("one", 1)]), kept], axis=0), "labels", ["M"],
             TensorProto.INT64)
    m.output(m.node("Gather", [scores, kept], axis=0), "scores", ["M"])
    return m.model(**(metadata or {"names": names(classes)}))


def queries(sides, classes=5, no_object=False, metadata=None, **options):
    """DETR: logits [N, R, K], one more with `no_object`, and boxes [N, R, 4] from 0 to 1."""
    m = RowModel(sides, classes, int(no_object), **options)
    size = m.tensor("input", [[[sides[1]], [sides[0]], [sides[1]], [sides[0]]]])
    boxes = m.turned(m.node("Div", [m.concat(m.centres, m.sizes), size]))
    logits = m.turned(m.concat(m.logits, m.extra) if no_object else m.logits)
    m.output(logits, "logits", [m.batch or "batch", m.rows, classes + no_object])
    m.output(boxes, "pred_boxes", [m.batch or "batch", m.rows, 4])
    return m.model(**(metadata or {"names": names(classes)}))
