"""External data: tensors in files beside the model are read as ONNX Runtime reads them, behind links too, and no file
outside is touched.

Good models are compared with ONNX Runtime; every bad one must be refused with a one-line error that names the tensor or
the file and what is wrong.
"""

import contextlib
import ctypes
import hashlib
import os
import pathlib
import random
import subprocess
import threading
import time

import numpy as np
import onnx
import onnxruntime
import pytest
from libiou import LIBRARY, ROOT, IoUError, Model, Session, _Error
from onnx import StringStringEntryProto, TensorProto, helper, numpy_helper
from tally import Tally

WEIGHT = np.arange(12, dtype=np.float32).reshape(3, 4) / 7
X = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)


class ModelOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("max_model_bytes", ctypes.c_size_t),
        ("max_decoded_bytes", ctypes.c_size_t),
        ("max_nodes", ctypes.c_size_t),
        ("allow_missing_operators", ctypes.c_bool),
        ("keep_going", ctypes.c_bool),
        ("external_data_folder", ctypes.c_char_p),
        ("allocator", ctypes.c_void_p),
        ("log", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("release_context", ctypes.c_void_p),
        ("refuse_links", ctypes.c_bool),
    ]


def external(name: str, array: np.ndarray, *keys: tuple[str, str], data_type: int | None = None) -> TensorProto:
    tensor = TensorProto(name=name, dims=array.shape, data_location=TensorProto.EXTERNAL,
                         data_type=data_type or helper.np_dtype_to_tensor_dtype(array.dtype))
    tensor.external_data.extend(StringStringEntryProto(key=k, value=v) for k, v in keys)
    return tensor


def model_of(nodes, initializers, inputs=("x",)) -> onnx.ModelProto:
    """Float inputs of any shape; the output is y."""
    infos = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in (*inputs, "y")]
    graph = helper.make_graph(nodes, "external", infos[:-1], infos[-1:], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def add_model(weight: TensorProto) -> onnx.ModelProto:
    """y = w with x, of [1, 4], added to every row."""
    return model_of([helper.make_node("Add", ["x", "w"], ["y"], name="sum")], [weight])


def refused(tally: Tally, name: str, open_model, *expected: str) -> None:
    try:
        open_model()
    except IoUError as error:
        text = str(error)
        missing = [word for word in expected if word not in text]
        bad = "\n" in text or not text
        tally.add(name, f"the error does not mention {missing}: {text}" if missing or bad else None)
        return
    tally.add(name, "is accepted")


def same(tally: Tally, name: str, path: pathlib.Path, feeds: dict) -> None:
    expected = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, feeds)
    try:
        found = Session(path, threads=1).run(feeds)
    except IoUError as error:
        tally.add(name, str(error))
        return
    equal = all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(expected, found.values(), strict=True))
    tally.add(name, None if equal else "differs from ONNX Runtime")


class Place:
    """A folder with model.onnx and weights.bin, whose float 3 is the first of WEIGHT."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder / "inside"
        self.folder.mkdir()
        (self.folder / "sub").mkdir()
        self.bytes = b"\xff" * 12 + WEIGHT.tobytes() + b"\xff" * 5
        for path in (
            self.folder / "weights.bin",
            self.folder / "sub" / "weights.bin",
            self.folder.parent / "secret.bin",
        ):
            path.write_bytes(self.bytes)

    def write(self, model: onnx.ModelProto) -> pathlib.Path:
        path = self.folder / "model.onnx"
        path.write_bytes(model.SerializeToString())
        return path

    def refuse(self, tally: Tally, name: str, keys, *expected: str, array: np.ndarray = WEIGHT, change=None) -> None:
        tensor = external("w", array, *keys)
        if change:
            change(tensor)
        path = self.write(add_model(tensor))
        refused(tally, name, lambda: Model(path), *expected)


def location(text: str) -> list[tuple[str, str]]:
    return [("location", text), ("offset", "12"), ("length", "48")]


def good_cases(place: Place, tally: Tally) -> None:
    x = X[:1]
    for name, keys in (("plain", location("weights.bin")), ("in a folder below", location("sub/weights.bin")),
                       ("./", location("./weights.bin")), ("double slash", location("sub//weights.bin")),
                       ("without length", location("weights.bin")[:2]),
                       ("keys in another order", location("weights.bin")[::-1])):
        same(tally, name, place.write(add_model(external("w", WEIGHT, *keys))), {"x": x})
    digest = hashlib.sha1((place.folder / "weights.bin").read_bytes()).hexdigest()
    for text in (digest, digest.upper()):
        hashed = external("w", WEIGHT, *location("weights.bin"), ("checksum", text))
        same(tally, f"checksum {text}", place.write(add_model(hashed)), {"x": x})
    for text in ("0" * 40, digest[:39], ""):
        hashed = external("w", WEIGHT, *location("weights.bin"), ("checksum", text))
        try:
            Session(place.write(add_model(hashed)), threads=1)
            problem = "is accepted"
        except IoUError as error:
            problem = None if digest in str(error) and "SHA-1" in str(error) else str(error)
        tally.add(f"another checksum '{text}'", problem)
    two = [external("w", WEIGHT, *location("weights.bin")), external("v", WEIGHT, *location("sub/weights.bin")),
           external("u", WEIGHT[1:2], ("location", "weights.bin"), ("offset", "28"))]
    nodes = [helper.make_node("Add", ["x", "w"], ["a"]), helper.make_node("Mul", ["a", "v"], ["b"]),
             helper.make_node("Sub", ["b", "u"], ["y"])]
    same(tally, "three tensors, two files", place.write(model_of(nodes, two)), {"x": x})
    (place.folder / "ints.bin").write_bytes(np.int64([4, 1]).tobytes())
    shape = external("s", np.zeros(2, np.int64), ("location", "ints.bin"))
    # ONNX Runtime wants shapes in the model itself.
    path = place.write(model_of([helper.make_node("Reshape", ["x", "s"], ["y"])], [shape]))
    tally.add("a shape", None if np.array_equal(Session(path).run({"x": x})["y"], x.T) else "differs")
    nothing = external("w", np.zeros((0, 4), np.float32), ("location", "weights.bin"), ("length", "0"))
    path = place.write(model_of([helper.make_node("Concat", ["x", "w"], ["y"], axis=0)], [nothing]))
    tally.add("no elements", None if np.array_equal(Session(path).run({"x": X})["y"], X) else "differs")


def attribute_cases(place: Place, tally: Tally) -> None:
    """Tensors in attributes: ONNX Runtime refuses those, ONNX allows them."""
    tensor = external("", WEIGHT, *location("weights.bin"))
    nodes = [helper.make_node("Constant", [], ["w"], name="weights", value=tensor),
             helper.make_node("Add", ["x", "w"], ["y"])]
    found = Session(place.write(model_of(nodes, []))).run({"x": X[:1]})["y"]
    tally.add("Constant", None if np.array_equal(found, X[:1] + WEIGHT) else "differs")
    nodes[0] = helper.make_node(
        "Constant", [], ["w"], name="weights", value=external("", WEIGHT, *location("../secret.bin"))
    )
    path = place.write(model_of(nodes, []))
    refused(tally, "Constant outside", lambda: Model(path), "weights", "..")


def name_cases(place: Place, tally: Tally) -> None:
    secret = str(place.folder.parent / "secret.bin")
    os.symlink(secret, place.folder / "link.bin")
    os.symlink(place.folder.parent, place.folder / "up")
    os.symlink("/dev/null", place.folder / "null")
    os.symlink("fifo", place.folder / "to_fifo")
    os.symlink("round", place.folder / "round")
    os.symlink("/proc/self/cwd", place.folder / "here")
    os.symlink("a/" * 2000, place.folder / "deep")
    os.link(secret, place.folder / "hard.bin")
    os.mkfifo(place.folder / "fifo")
    for name, text, *expected in (
        ("absolute", secret, "relative"),
        ("up", "../secret.bin", ".."),
        ("down and up", "sub/../../secret.bin", ".."),
        ("only up", "..", ".."),
        ("up at the end", "sub/..", ".."),
        ("symbolic link", "link.bin", "symbolic link"),
        ("linked folder", "up/secret.bin", "symbolic link"),
        ("link to a device", "null", "symbolic link"),
        ("link to a pipe", "to_fifo", "regular file"),
        ("link to itself", "round", "circle"),
        ("link of the system", "here/x", "here/x"),
        ("long link", "deep", "deep"),
        ("link as a folder", "link.bin/", "Not a directory"),
        ("hard link", "hard.bin", "hard link"),
        ("pipe", "fifo", "regular file"),
        ("folder", "sub", "regular file"),
        ("folder with slash", "sub/", "expected a file"),
        ("missing", "absent.bin", "absent.bin", "No such file"),
        ("a file as folder", "weights.bin/x", "weights.bin/x"),
        ("empty", "", "empty"),
        ("a dot", ".", "regular file"),
        ("device", "/dev/zero", "relative"),
        ("backslashes", "sub\\weights.bin", "relative"),
        ("up with backslashes", "..\\secret.bin", "relative"),
        ("drive", "C:weights.bin", "relative"),
        ("share", "//host/x", "relative"),
        ("long", "a/" * 3000, "bytes"),
        ("long component", "a" * 256, "too long"),
        ("line feed", "weights\n.bin", "weights?.bin"),
    ):
        place.refuse(tally, f"location {name}", location(text), "'w'", *expected)
    os.remove(place.folder / "hard.bin")


def open_with(path: pathlib.Path, **settings) -> str:
    """What opening a model says; nothing where it is opened."""
    handle, error = ctypes.c_void_p(), _Error()
    options = ModelOptions(ctypes.sizeof(ModelOptions), **settings)
    if LIBRARY.iou_model_open(ctypes.byref(handle), os.fsencode(path), ctypes.byref(options), ctypes.byref(error)):
        return error.text.decode()
    LIBRARY.iou_model_close(ctypes.byref(handle))
    return ""


def link_cases(place: Place, tally: Tally) -> None:
    """Links inside the folder, and those of a cache, which keeps contents under other names in another folder."""
    x = {"x": X[:1]}
    os.symlink(place.folder.parent, place.folder / "up")
    os.symlink("weights.bin", place.folder / "link_inside.bin")
    os.symlink("sub", place.folder / "across")
    os.symlink(place.folder.parent / "chain", place.folder / "first")
    os.symlink(place.folder / "sub" / "weights.bin", place.folder.parent / "chain")
    for name, text in (
        ("a link inside", "link_inside.bin"),
        ("a linked folder inside", "across/weights.bin"),
        ("links that leave and come back", "first"),
        ("out and in by a folder", "up/inside/weights.bin"),
    ):
        path = place.write(add_model(external("w", WEIGHT, *location(text))))
        same(tally, name, path, x)
        found = open_with(path, refuse_links=True)
        tally.add(f"{name}, refused", None if "symbolic link" in found and "'w'" in found else found or "is accepted")
    plain = place.write(add_model(external("w", WEIGHT, *location("sub/weights.bin"))))
    tally.add("no links, refused", open_with(plain, refuse_links=True) or None)


def cache_cases(place: Place, tally: Tally) -> None:
    cache = place.folder.parent / "cache"
    blobs, revision = cache / "blobs", cache / "snapshots" / "rev"
    for folder in (blobs / "more", revision):
        folder.mkdir(parents=True)
    (blobs / "h1").write_bytes(add_model(external("w", WEIGHT, *location("model.onnx_data"))).SerializeToString())
    for path in (blobs / "h2", blobs / "more" / "h3", cache / "outside"):
        path.write_bytes(place.bytes)
    model, data = revision / "model.onnx", revision / "model.onnx_data"
    os.symlink("../../blobs/h1", model)
    refused(tally, "cache without data", lambda: Model(model), "model.onnx_data", "No such file")
    for name, target in (
        ("cache", "../../blobs/h2"),
        ("cache, absolute", blobs / "h2"),
        ("cache, below", blobs / "more" / "h3"),
    ):
        os.symlink(target, data)
        same(tally, name, model, {"x": X[:1]})
        os.remove(data)
    os.symlink("../../blobs/h2", data)
    os.symlink(model, place.folder.parent / "shortcut.onnx")
    found = open_with(model, refuse_links=True)
    tally.add("cache, refused", None if "symbolic link" in found else found or "is accepted")
    refused(tally, "shortcut to a cache", lambda: Model(place.folder.parent / "shortcut.onnx"), "model.onnx_data")
    found = open_with(model, external_data_folder=os.fsencode(revision))
    tally.add("cache, its folder named", None if "symbolic link" in found else found or "is accepted")
    tally.add(
        "cache, the data's folder named",
        None if "No such file" in open_with(model, external_data_folder=os.fsencode(blobs)) else "is accepted",
    )
    # A model file that somebody else put there has its own folder only.
    (revision / "other.onnx").write_bytes((blobs / "h1").read_bytes())
    refused(tally, "cache, a file among the links", lambda: Model(revision / "other.onnx"), "symbolic link")
    os.remove(data)
    os.symlink(cache / "outside", data)
    refused(tally, "cache, data elsewhere", lambda: Model(model), "symbolic link")
    os.remove(data)
    os.symlink(blobs, revision / "to_blobs")
    os.symlink("to_blobs/h2", data)
    same(tally, "cache through a linked folder", model, {"x": X[:1]})
    os.link(blobs / "h2", cache / "second")
    refused(tally, "cache with a hard link", lambda: Model(model), "hard link")
    os.remove(cache / "second")


def key_cases(place: Place, tally: Tally) -> None:
    where = ("location", "weights.bin")
    for name, keys, *expected in (
        ("no keys", [], "location"),
        ("no location", [("offset", "0")], "location"),
        ("location twice", [where, where], "twice"),
        ("offset twice", [where, ("offset", "0"), ("offset", "12")], "twice"),
        ("unknown key", [where, ("__class__", "x")], "__class__"),
        ("negative offset", [where, ("offset", "-1")], "offset"),
        ("negative length", [where, ("length", "-48")], "length"),
        ("offset past the end", [where, ("offset", "10000000")], "byte"),
        ("length past the end", [where, ("offset", "20")], "byte"),
        ("length 2^60", [where, ("length", str(1 << 60))], "length"),
        ("length 2^64", [where, ("length", str(1 << 64))], "length"),
        ("offset 2^63", [where, ("offset", str(1 << 63))], "offset"),
        ("offset and length overflow", [where, ("offset", str((1 << 63) - 1))], "byte"),
        ("offset of words", [where, ("offset", "0x10")], "offset"),
        ("offset empty", [where, ("offset", "")], "offset"),
        ("offset with blank", [where, ("offset", " 12")], "offset"),
        ("length too short", [where, ("length", "47")], "48 bytes"),
    ):
        place.refuse(tally, name, keys, "'w'", *expected)

    def both(tensor):
        tensor.raw_data = WEIGHT.tobytes()

    def strings(tensor):
        tensor.data_type = TensorProto.STRING

    def negative(tensor):
        tensor.dims[0] = -3

    def overflow(tensor):
        del tensor.dims[:]
        tensor.dims.extend([4194305, 4194305, 211106198978564])

    for name, change, *expected in (
        ("raw_data too", both, "at once"),
        ("strings", strings, "type 8"),
        ("negative dimension", negative, "-3"),
        ("dimensions overflow", overflow, "overflow"),
    ):
        place.refuse(tally, name, [where], "'w'", *expected, change=change)
    huge = np.lib.stride_tricks.as_strided(np.float32(0), (1 << 34,), (0,))
    with open(place.folder / "sparse.bin", "wb") as file:
        file.truncate(1 << 36)
    place.refuse(tally, "64 GiB", [("location", "sparse.bin")], "allowed", array=huge)


def memory_cases(place: Place, tally: Tally) -> None:
    data = add_model(external("w", WEIGHT, *location("weights.bin"))).SerializeToString()
    refused(tally, "in memory", lambda: Model(data), "'w'", "folder")
    for name, folder, limit, status in (("in memory with a folder", place.folder, 0, 0),
                                        ("limit", place.folder, len(data) + 20, 12),
                                        ("folder missing", place.folder / "absent", 0, 21)):
        handle, error = ctypes.c_void_p(), _Error()
        options = ModelOptions(ctypes.sizeof(ModelOptions), max_model_bytes=limit,
                               external_data_folder=os.fsencode(folder))
        found = LIBRARY.iou_model_open_memory(ctypes.byref(handle), data, len(data), ctypes.byref(options),
                                              ctypes.byref(error))
        LIBRARY.iou_model_close(ctypes.byref(handle))
        tally.add(name, None if found == status else f"status {found}: {error.text.decode()}")


def path_cases(place: Place, tally: Tally) -> None:
    """The model's own folder is the caller's word: it may be reached in any way."""
    place.write(add_model(external("w", WEIGHT, *location("weights.bin"))))
    os.symlink(place.folder, place.folder.parent / "reached")
    with contextlib.chdir(place.folder):
        for name, path in (
            ("no folder", "model.onnx"),
            ("./", "./model.onnx"),
            ("through a link", "../reached/model.onnx"),
            ("absolute", str(place.folder / "model.onnx")),
        ):
            try:
                Model(path)
                tally.add(f"path {name}", None)
            except IoUError as error:
                tally.add(f"path {name}", str(error))


def race_cases(place: Place, tally: Tally) -> None:
    """Links that are swapped while models are opened: refused or right, never what is outside."""
    outside = place.folder.parent / "other" / "weights.bin"
    outside.parent.mkdir()
    outside.write_bytes(bytes(len(place.bytes)))
    for name, at, text, targets in (("a file", "swapped.bin", "swapped.bin", ("weights.bin", outside)),
                                    ("a folder", "swapped", "swapped/weights.bin", ("sub", outside.parent))):
        path, stop, found = place.write(add_model(external("w", WEIGHT, *location(text)))), threading.Event(), set()
        link = place.folder / at
        os.symlink(targets[0], link)

        def swap(link=link, targets=targets, stop=stop) -> None:
            while not stop.is_set():
                for target in reversed(targets):
                    os.symlink(target, place.folder / "next")
                    os.replace(place.folder / "next", link)

        swapping = threading.Thread(target=swap)
        swapping.start()
        for _ in range(300):
            try:
                right = np.array_equal(Session(path, threads=1).run({"x": X[:1]})["y"], X[:1] + WEIGHT)
                found.add("right" if right else "wrong")
            except IoUError as error:
                found.add("refused" if "symbolic link" in str(error) else str(error))
        stop.set()
        swapping.join()
        tally.add(f"{name} swapped meanwhile", None if found <= {"right", "refused"} else f"{found}")


def onnx_case(place: Place, tally: Tally) -> None:
    """What onnx itself writes, one file for each tensor."""
    rng = np.random.default_rng(5)
    weights = [
        numpy_helper.from_array(rng.standard_normal((64, 1, 1, 4)).astype(np.float32), f"w{i}") for i in range(4)
    ]
    nodes = [helper.make_node("Add", ["x", "w0"], ["a"]), helper.make_node("Mul", ["a", "w1"], ["b"]),
             helper.make_node("Sub", ["b", "w2"], ["c"]), helper.make_node("Add", ["c", "w3"], ["y"])]
    for all_in_one in (True, False):
        path = place.folder / f"onnx{all_in_one}.onnx"
        onnx.save_model(model_of(nodes, weights), path, save_as_external_data=True,
                        all_tensors_to_one_file=all_in_one, size_threshold=0,
                        location=f"all{all_in_one}.data" if all_in_one else None)
        same(tally, f"onnx.save_model, one file: {all_in_one}", path, {"x": X})


def export_case(place: Place, tally: Tally) -> None:
    """What `iouc export --external-data` writes."""
    path = place.folder / "exported.onnx"
    subprocess.run([ROOT / ".build/release/iouc", "export", path, "--backbone", "mobilenetv2", "--classes", "3",
                    "--seed", "1", "--input", "64x64", "--external-data"], check=True)
    tally.add("exported sizes", None if path.stat().st_size < 1 << 20 < path.with_suffix(".onnx.data").stat().st_size
           else "the weights are not in the second file")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    images = np.random.default_rng(3).standard_normal((1, 3, 64, 64)).astype(np.float32)
    feeds = {session.get_inputs()[0].name: images}
    pairs = zip(session.run(None, feeds), Session(path).run(feeds).values(), strict=True)
    worst = max(float(np.abs(a - b).max()) for a, b in pairs)
    tally.add("exported", None if worst < 1e-5 else f"differs by {worst}")


def optimize_case(place: Place, tally: Tally) -> None:
    """What `iouc optimize` writes where nothing is left that is large enough for a second file."""
    path, result = place.write(add_model(external("w", WEIGHT, *location("weights.bin")))), place.folder / "small.onnx"
    subprocess.run([ROOT / ".build/release/iouc", "optimize", path, result], check=True)
    same(tally, "optimized", result, {"x": X[:1]})
    tally.add("optimized, one file", "has an empty second file" if result.with_suffix(".onnx.data").exists() else None)


@pytest.mark.parametrize("group", [good_cases, attribute_cases, name_cases, link_cases, cache_cases, key_cases,
                                   memory_cases, path_cases, race_cases, onnx_case, export_case, optimize_case])
def test_files(group, tally, tmp_path):
    group(Place(tmp_path), tally)


def test_killed(tmp_path, full):
    """Whenever `iouc export` is killed on its way over an old pair, the old pair is there or the new one."""
    path = tmp_path / "m.onnx"

    def export(seed: int) -> list[str]:
        return [str(ROOT / ".build/release/iouc"), "export", str(path), "--backbone", "mobilenetv2", "--classes", "3",
                "--seed", str(seed), "--external-data"]

    def weights() -> str:
        tensors = onnx.load(path).graph.initializer
        return hashlib.sha256(b"".join(tensor.raw_data for tensor in tensors)).hexdigest()

    known = set()
    for seed in (1, 2):
        start = time.monotonic()
        subprocess.run(export(seed), check=True)
        took = time.monotonic() - start
        known.add(weights())
    assert len(known) == 2 and len([*tmp_path.glob("*.data")]) == 1
    moments = random.Random(0)
    for number in range(200 if full else 20):
        process = subprocess.Popen(export(1 + number % 2))
        time.sleep(moments.uniform(0, 1.2 * took))
        process.kill()
        process.wait()
        assert weights() in known
