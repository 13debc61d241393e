"""Files of weights that others write: names of torchvision, Detectron2 and ODTK, PyTorch's own formats, NumPy's arrays
in a pickle.

Every file holds the same network; the exported model must hold the same numbers, and the anchors in the order of the
file's channels. Broken checkpoints are refused in one line.
"""

import io
import pathlib
import pickle
import re
import struct
import subprocess
import zipfile
import zlib
from collections import OrderedDict

import numpy as np
import onnx
import onnx.numpy_helper
import pytest
import torch
from libiou import ROOT
from safetensors.torch import save_file
from tally import Tally
from weight_names import DETECTRON2, TORCHVISION, odtk, renamed

from train.model import Detector, randomise
from train.network_options import NetworkOptions


def export(folder: pathlib.Path, weights: pathlib.Path, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run([ROOT / ".build/release/iouc", "export", folder / "model.onnx", "--backbone", "resnet18",
                           "--fpn-channels", "32", "--classes", "2", "--weights", weights, *words],
                          capture_output=True, text=True)


def check_numbers(folder: pathlib.Path, weights: pathlib.Path, state: dict, case: str, tally: Tally, *words: str,
                  metadata: dict | None = None, tolerance: float = 0.0) -> None:
    outcome = export(folder, weights, *words)
    if outcome.returncode:
        tally.add(case, outcome.stderr.strip())
        return
    model = onnx.load(folder / "model.onnx")
    found = {i.name: onnx.numpy_helper.to_array(i) for i in model.graph.initializer}
    wrong = [name for name, tensor in state.items()
             if not np.allclose(found[name].ravel(), tensor.float().numpy().ravel(), rtol=0, atol=tolerance)]
    keys = {p.key: p.value for p in model.metadata_props}
    wrong += [f"{key} is {keys.get(key)}" for key, value in (metadata or {}).items()
              if not keys.get(key, "").startswith(value)]
    tally.add(case, f"{len(wrong)} differ: {', '.join(wrong[:3])}" if wrong else "")


def make_state(options: NetworkOptions) -> dict:
    network = Detector("resnet18", 2, 32, options=options).eval()
    randomise(network, seed=2)
    return OrderedDict((n, t.contiguous()) for n, t in network.state_dict().items() if "num_batches" not in n)


def plain(state: dict) -> dict:
    return OrderedDict((n, t) for n, t in state.items() if "retina_iou" not in n)


def check_names(folder: pathlib.Path, tally: Tally) -> None:
    path = folder / "weights.safetensors"
    first = plain(make_state(NetworkOptions(p6="p5", relu_before_p7=True)))
    # Three channels' classes: torchvision counts a background.
    wide = OrderedDict(first)
    for role in ("weight", "bias"):
        name = f"bbox_head.retina_cls.{role}"
        wide[name] = first[name].repeat_interleave(2, dim=0)[:27].contiguous()
    save_file(renamed(wide, TORCHVISION), path)
    check_numbers(folder, path, wide, "torchvision 1", tally, "--no-iou-head", metadata={
        "iou.network.p6": "p5", "iou.strides": "padded/map", "iou.anchors": "-23 -11 23 11", "iou.classes.offset": "1"})
    normed = plain(make_state(NetworkOptions(tower_norm="groupnorm32", relu_before_p7=True)))
    for role in ("weight", "bias"):
        name = f"bbox_head.retina_cls.{role}"
        normed[name] = normed[name].repeat_interleave(2, dim=0)[:27].contiguous()
    save_file(renamed(normed, TORCHVISION), path)
    check_numbers(folder, path, normed, "torchvision 2", tally, "--no-iou-head", metadata={
        "iou.network.p6": "c5", "iou.network.tower_norm": "groupnorm32"})
    state = plain(make_state(NetworkOptions()))
    names = renamed(state, DETECTRON2)
    save_file({**names, "pixel_mean": torch.zeros(3, 1, 1), "pixel_std": torch.ones(3, 1, 1)}, path)
    check_numbers(folder, path, state, "detectron2", tally, "--no-iou-head", metadata={
        "iou.input.color": "bgr", "iou.anchors": "-22.627417 -11.313708 22.627417 11.313708 -16 -16 16 16"})
    check_numbers(folder, path, state, "detectron2's order under another convention", tally, "--no-iou-head",
                  "--convention", "edges", metadata={
        "iou.input.color": "rgb", "iou.anchors": "-22.627417 -11.313708 22.627417 11.313708 -16 -16 16 16"})
    save_file({f"module.{n}": t for n, t in renamed(state, odtk("ResNet18FPN")).items()}, path)
    check_numbers(folder, path, state, "odtk, trained in parallel", tally, "--no-iou-head", metadata={
        "iou.input.pad": "multiple 128", "iou.anchors": "-12 -12 20 20"})
    outcome = export(folder, path)
    tally.add("the hint at --no-iou-head", "" if "--no-iou-head" in outcome.stderr else outcome.stderr)
    save_file(state, path)
    for words, hinted in (([], True), (["--convention", "mmdetection"], False)):
        outcome = export(folder, path, "--no-iou-head", *words)
        wrong = ("--convention mmdetection" in outcome.stderr) != hinted
        tally.add(f"the hint at --convention {words}", outcome.stderr or "none" if wrong else "")


def check_checkpoints(folder: pathlib.Path, tally: Tally) -> None:
    state = make_state(NetworkOptions())
    meta = {"state_dict": state, "meta": {"epoch": 3, "CLASSES": ("a", "b"), "lr": 0.01, "odd": {1, 2}},
            "optimizer": {"param_groups": [{"lr": 1e-3, "params": list(range(300))}], "state": {}}}
    for case, content, old in (("zip", state, False), ("zip with a state_dict", meta, False),
                               ("zip with a model_state_dict", {"epoch": 3, "model_state_dict": state,
                                                                "optimizer_state_dict": {"state": {}}}, False),
                               ("legacy", state, True), ("legacy with a state_dict", meta, True),
                               ("parameters", OrderedDict((n, torch.nn.Parameter(t)) for n, t in state.items()),
                                False)):
        path = folder / "weights.pth"
        torch.save(content, path, _use_new_zipfile_serialization=not old)
        check_numbers(folder, path, state, f"checkpoint: {case}", tally)
    views = OrderedDict(state)
    big = torch.arange(2 * 32 * 32 * 9, dtype=torch.float32) / 1e4
    views["neck.fpn_convs.0.conv.weight"] = big[32 * 32 * 9:].view(32, 3, 3, 32).permute(0, 3, 1, 2)
    for old in (False, True):
        torch.save(views, folder / "weights.pth", _use_new_zipfile_serialization=not old)
        check_numbers(folder, folder / "weights.pth", views, f"checkpoint: permuted views, old {old}", tally)
    for kind in (torch.half, torch.bfloat16, torch.double):
        torch.save(OrderedDict((n, t.to(kind)) for n, t in state.items()), folder / "weights.pt")
        check_numbers(folder, folder / "weights.pt", state, f"checkpoint: {kind}", tally, tolerance=0.02)


def pack(path: pathlib.Path) -> None:
    """Deflates the entries of a zip file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    path.write_bytes(packed.getvalue())


def check_types(folder: pathlib.Path, tally: Tally) -> None:
    """Safetensors of other floats, with the counters that whole state dicts have."""
    state = make_state(NetworkOptions())
    counters = {n.replace("running_mean", "num_batches_tracked"): torch.tensor(7) for n in state if "running_mean" in n}
    path = folder / "weights.safetensors"
    for kind in (torch.double, torch.half, torch.bfloat16):
        stored = {n: t.to(kind) for n, t in state.items()}
        save_file({**stored, **counters}, path)
        # What PyTorch makes of the stored numbers.
        check_numbers(folder, path, stored, f"safetensors: {kind}", tally)
    save_file({**state, "bbox_head.retina_iou.bias": torch.arange(9)}, path)
    outcome = export(folder, path)
    tally.add(
        "safetensors: integers as weights", "" if "is I64, expected F64, F32" in outcome.stderr else outcome.stderr
    )


def check_misfits(folder: pathlib.Path, tally: Tally) -> None:
    """What a file holds is said in one short line, with what would fit it and examples in its own names."""
    path = folder / "weights.safetensors"

    def says(case: str, state: dict, *words: str) -> None:
        save_file({n: t.contiguous() for n, t in state.items()}, path)
        outcome = export(folder, path)
        line = outcome.stderr.strip().removeprefix("iouc: ").replace(str(path), "w")
        fault = one_line(outcome, *words) or ("" if len(line) <= 400 else f"{len(line)} characters: {line}")
        # Up to three examples, each a name with what is wrong in brackets.
        examples = line.split("such as ")[-1]
        tally.add(
            f"misfit: {case}",
            fault or ("" if 1 <= len(re.findall(r"[a-z0-9_]+\.[a-z0-9_.]+|conv1_", examples)) <= 3 else line),
        )

    network = Detector("resnet34", 3, 64).eval()
    whole = OrderedDict((n, t) for n, t in network.state_dict().items() if "num_batches" not in n)
    fit = "(--backbone resnet34 --classes 3 --fpn-channels 64"
    says(
        "another network",
        whole,
        "resnet18 with 2 classes and 32 channels",
        "it holds resnet34, 3 classes, 64 channels",
        fit + ")",
    )
    says("Detectron2's names", renamed(plain(whole), DETECTRON2), "no IoU head", fit + " --no-iou-head)",
         "backbone.fpn_lateral3.weight")
    says("ODTK's names", renamed(plain(whole), odtk("ResNet18FPN")), fit + " --no-iou-head)", "backbones.ResNet18FPN.")
    wide = plain(make_state(NetworkOptions(p6="p5", relu_before_p7=True)))
    for role in ("weight", "bias"):
        name = f"bbox_head.retina_cls.{role}"
        wide[name] = wide[name].repeat_interleave(46, dim=0)[:9 * 91]
    says(
        "torchvision's 91 channels",
        renamed(wide, TORCHVISION),
        "80 classes",
        "--classes 80 --no-iou-head",
        "cls_logits.weight",
    )
    for count, held in (("resnet18", 2), ("resnet18", 3)):
        state = OrderedDict((n, t) for n, t in Detector(count, held, 32).state_dict().items() if "num_batches" not in n)
        del state["backbone.layer1.0.bn1.bias"]
        says(
            f"an unknown backbone, {held} classes",
            state,
            "it holds an unknown backbone",
            f"{held} classes",
            "layer1.0.bn1.bias (missing)",
        )
    says(
        "nothing that is known",
        {f"conv{i}_w": torch.zeros(1) for i in range(1, 9)},
        "no RetinaNet",
        "8 tensors such as conv1_w, conv2_w, conv3_w, …",
    )
    says("parallel training", {f"module.{n}": t for n, t in whole.items()}, "module.neck.")


class Python2Pickler(pickle._Pickler):
    """Texts and bytes as Python 2 writes its `str`."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_str(self, value):
        data = value if isinstance(value, bytes) else value.encode("latin1")
        self.write(b"U" + bytes([len(data)]) + data if len(data) < 256 else b"T" + struct.pack("<i", len(data)) + data)
        self.memoize(value)

    dispatch[str] = dispatch[bytes] = save_str


def python2(content) -> bytes:
    target = io.BytesIO()
    Python2Pickler(target, 2).dump(content)
    return target.getvalue().replace(b"cnumpy._core.", b"cnumpy.core.")


def check_arrays(folder: pathlib.Path, tally: Tally) -> None:
    """Detectron2's model zoo and its relatives."""
    path = folder / "weights.pkl"
    state = plain(make_state(NetworkOptions()))
    arrays = {n: t.numpy() for n, t in renamed(state, DETECTRON2).items()}
    arrays |= {
        "pixel_mean": np.zeros((3, 1, 1), np.float32),
        "anchor_generator.cell_anchors.0": np.zeros((9, 4), ">f4"),
    }
    zoo = {"model": arrays, "__author__": "Detectron2 Model Zoo"}
    known = {"iou.input.color": "bgr"}
    for protocol in (2, 3, 4, 5):
        path.write_bytes(pickle.dumps(zoo, protocol))
        check_numbers(folder, path, state, f"arrays: protocol {protocol}", tally, "--no-iou-head", metadata=known)
    path.write_bytes(pickle.dumps(zoo, 2).replace(b"cnumpy._core.", b"cnumpy.core."))
    check_numbers(folder, path, state, "arrays: names of NumPy 1", tally, "--no-iou-head", metadata=known)
    path.write_bytes(python2({"blobs": {**arrays, "x_momentum": np.zeros(3)}, "cfg": "MODEL:\n"}))
    check_numbers(folder, path, state, "arrays: Python 2, Caffe2's layout", tally, "--no-iou-head", metadata=known)
    (folder / "weights.bin").write_bytes(pickle.dumps(arrays, 4))
    check_numbers(folder, folder / "weights.bin", state, "arrays: bare, under another ending", tally, "--no-iou-head")
    for case, change in (
        ("Fortran's order", np.asfortranarray),
        ("big-endian", lambda a: a.astype(">f4")),
        ("big-endian in Fortran's order", lambda a: np.asfortranarray(a.astype(">f4"))),
        ("double", lambda a: a.astype("f8")),
        ("big-endian double", lambda a: a.astype(">f8")),
        ("views", lambda a: np.repeat(a, 2, axis=-1)[..., ::2]),
        ("backwards", lambda a: a[::-1].copy()[::-1]),
    ):
        for protocol in (2, 5):
            path.write_bytes(pickle.dumps({"model": {n: change(a) for n, a in arrays.items()}}, protocol))
            check_numbers(folder, path, state, f"arrays: {case}, protocol {protocol}", tally, "--no-iou-head")
    halves = {n: a.astype("f2") for n, a in arrays.items()}
    path.write_bytes(pickle.dumps({"model": halves}, 2))
    check_numbers(folder, path, {n: t.half() for n, t in state.items()}, "arrays: half", tally, "--no-iou-head")
    path.write_bytes(
        pickle.dumps({"model": {**arrays, "head.cls_score.bias": arrays["head.cls_score.bias"].astype("i8")}}, 4)
    )
    outcome = export(folder, path, "--no-iou-head")
    tally.add("arrays: integers as weights", "" if "i8, expected floats" in outcome.stderr else outcome.stderr)


class Evil:
    def __reduce__(self):
        return (print, ("a pickle ran code",))


def check_refusals(folder: pathlib.Path, tally: Tally) -> None:
    """One line and no crash, whatever is cut off or changed."""
    state = OrderedDict((n, t) for n, t in make_state(NetworkOptions()).items() if "bn1" in n)
    path, random = folder / "weights.pth", np.random.default_rng(0)
    for old in (False, True):
        torch.save({**state, "evil": Evil()}, path, _use_new_zipfile_serialization=not old)
        outcome = export(folder, path)
        tally.add(f"a call in the weights, old {old}",
                  "" if outcome.returncode == 1 and "'evil', which is no tensor" in outcome.stderr else outcome.stderr)
        torch.save(torch.nn.Conv2d(3, 4, 3), path, _use_new_zipfile_serialization=not old)
        tally.add(f"a whole module, old {old}", one_line(export(folder, path), "storage" if old else "state_dict()"))
        torch.save(state, path, _use_new_zipfile_serialization=not old)
        whole, faults = path.read_bytes(), []
        for trial in range(60):
            data = bytearray(whole)
            if trial % 3 == 0:
                data = data[:int(random.integers(0, len(data)))]
            else:
                span = 3000 if old else len(data)
                for _ in range(int(random.integers(1, 8))):
                    place = int(random.integers(0, min(span, len(data))))
                    data[place if trial % 3 == 1 or old else -1 - place % 3000] = int(random.integers(0, 256))
            path.write_bytes(data)
            outcome = export(folder, path)
            if outcome.returncode != 1 or len(outcome.stderr.strip().splitlines()) != 1:
                faults.append(f"trial {trial}: status {outcome.returncode}: {outcome.stderr[:200]!r}")
        tally.add(f"60 broken checkpoints, old {old}", *faults[:2])


def one_line(outcome: subprocess.CompletedProcess, *words: str) -> str:
    """What is wrong with a refusal."""
    lines = outcome.stderr.strip().splitlines()
    good = outcome.returncode == 1 and len(lines) == 1 and all(word in lines[0] for word in words)
    return "" if good else f"status {outcome.returncode}: {outcome.stderr[:300]!r}"


def check_packed(folder: pathlib.Path, tally: Tally) -> None:
    """Entries that are deflated, well and badly."""
    state, path = make_state(NetworkOptions()), folder / "weights.pth"
    torch.save(state, path)
    pack(path)
    check_numbers(folder, path, state, "packed", tally)
    with zipfile.ZipFile(path) as archive:
        entries = {i.filename: (archive.read(i), i.header_offset + 30 + len(i.filename)) for i in archive.infolist()}
    whole = path.read_bytes()
    name = next(n for n in entries if n.endswith("/data/0"))
    for case, change in (
        ("a longer size", lambda e: struct.pack_into("<I", e, 24, struct.unpack_from("<I", e, 24)[0] + 1)),
        ("a shorter size", lambda e: struct.pack_into("<I", e, 24, struct.unpack_from("<I", e, 24)[0] - 1)),
        ("a huge size", lambda e: struct.pack_into("<I", e, 24, 0xFFFFFFF0)),
        ("no size", lambda e: struct.pack_into("<I", e, 24, 0)),
        ("another checksum", lambda e: struct.pack_into("<I", e, 16, struct.unpack_from("<I", e, 16)[0] ^ 1)),
        ("cut contents", lambda e: struct.pack_into("<I", e, 20, struct.unpack_from("<I", e, 20)[0] - 3)),
    ):
        data = bytearray(whole)
        start = next(
            m.start() for m in re.finditer(b"PK\1\2", whole) if whole[m.start() + 46 :].startswith(name.encode())
        )
        entry = bytearray(data[start:start + 46])
        change(entry)
        data[start:start + 46] = entry
        path.write_bytes(data)
        tally.add(f"packed: {case}", one_line(export(folder, path), "data/0", "inflate"))
    data = bytearray(whole)
    place = entries[name][1]
    data[place:place + 40] = bytes(reversed(data[place:place + 40]))
    path.write_bytes(data)
    tally.add("packed: damaged contents", one_line(export(folder, path), "data/0", "inflate"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as target:
        for entry, (content, _) in entries.items():
            target.writestr(entry, content)
    tally.add("packed by another method", one_line(export(folder, path), "method 12"))
    bomb(path, entries, name)
    tally.add("a bomb", one_line(export(folder, path), "data/0", "are allowed"))


def bomb(path: pathlib.Path, entries: dict, name: str) -> None:
    """An entry of 2 GiB of zeros in 2 MiB, whatever Python's own writer would hold in memory."""
    deflate, size, checksum = zlib.compressobj(9, zlib.DEFLATED, -15), 0, 0
    packed, block = [], bytes(1 << 24)
    for _ in range(128):
        packed.append(deflate.compress(block))
        checksum, size = zlib.crc32(block, checksum), size + len(block)
    packed = b"".join([*packed, deflate.flush()])
    with zipfile.ZipFile(path, "w") as target:
        for entry, (content, _) in entries.items():
            target.writestr(entry, packed if entry == name else content)
    data = bytearray(path.read_bytes())
    for start in (m.start() for m in re.finditer(b"PK\1\2", data)):
        if data[start + 46:].startswith(name.encode()):
            struct.pack_into("<H", data, start + 10, 8)
            struct.pack_into("<II", data, start + 16, checksum, len(packed))
            struct.pack_into("<I", data, start + 24, size)
            break
    path.write_bytes(data)


def check_malformed_arrays(folder: pathlib.Path, tally: Tally) -> None:
    """Pickles of arrays whose parts lie, and calls that are none of an array's."""
    path, random = folder / "weights.pkl", np.random.default_rng(1)
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    for protocol in (2, 4, 5):
        path.write_bytes(pickle.dumps({"model": {"a": array, "evil": Evil()}}, protocol))
        tally.add(
            f"a call among arrays, protocol {protocol}", one_line(export(folder, path), "'evil', which is no tensor")
        )
        whole, faults = pickle.dumps({"model": {f"a{i}": array + i for i in range(4)}, "__author__": "x"}, protocol), []
        for trial in range(60):
            data = bytearray(whole)
            if trial % 3 == 0:
                data = data[:int(random.integers(0, len(data)))]
            else:
                for _ in range(int(random.integers(1, 8))):
                    data[int(random.integers(2, len(data)))] = int(random.integers(0, 256))
            path.write_bytes(data)
            fault = one_line(export(folder, path))
            faults += [f"trial {trial}: {fault}"] if fault else []
        tally.add(f"60 broken pickles of arrays, protocol {protocol}", *faults[:2])

    class Lying:
        """An array that says what it is not."""

        def __init__(self, shape, kind="f4", content=array.tobytes(), base=np.ndarray):
            self.parts = shape, kind, content, base

        def __reduce__(self):
            shape, kind, content, base = self.parts
            build = array.__reduce__()[0]
            return build, (base, (0,), b"b"), (1, shape, np.dtype(kind), False, content)

    for case, lying, *words in (
            ("too few bytes", Lying((2, 4)), "[2, 4]", "24 bytes"), ("too many bytes", Lying((2, 2)), "[2, 2]"),
            ("a negative side", Lying((-2, -3)), "[-2, -3]"), ("an overflow", Lying((1 << 62, 4, 4)), "shape"),
            ("an overflow to nothing", Lying((1 << 32, 1 << 32), content=b""), "shape"),
            ("another type", Lying((2, 3), "f8"), "24 bytes"), ("objects", Lying((1,), "O", [1]), "no tensor"),
            ("no contents", Lying((2, 3), content=None), "no tensor"),
            ("another class", Lying((2, 3), base=OrderedDict), "no tensor")):
        path.write_bytes(pickle.dumps({"model": {"a": lying}}, 4))
        tally.add(f"an array with {case}", one_line(export(folder, path), *words))
    for case, content, *words in (
        ("a list", [1, 2], "neither"),
        ("numbers", {"model": {"a": 1}}, "'a', which is no tensor"),
        ("keys that are numbers", {1: array}, "no text"),
        ("a text", "x", "neither"),
    ):
        path.write_bytes(pickle.dumps(content, 4))
        tally.add(f"a pickle of {case}", one_line(export(folder, path), *words))
    # One text, recalled and made bytes again and again.
    text = "y" * 100_000
    path.write_bytes(
        b"\x80\x02c_codecs\nencode\nq\x000X"
        + struct.pack("<I", len(text))
        + text.encode()
        + b"q\x010X\x06\0\0\0latin1q\x020"
        + b"h\x00h\x01h\x02\x86R0" * 200
        + b"}."
    )
    tally.add("a text decoded 200 times", one_line(export(folder, path), "more bytes than the file has"))
    path.write_bytes(pickle.dumps({"a": array}, 0))
    tally.add("protocol 0", one_line(export(folder, path), "protocol 2 to 5"))


@pytest.mark.parametrize("check", [check_names, check_checkpoints, check_types, check_arrays, check_misfits,
                                   check_refusals, check_packed, check_malformed_arrays])
def test_weights(check, tally, tmp_path):
    check(tmp_path, tally)
