"""Files of weights that others write: names of torchvision, Detectron2 and ODTK, and PyTorch's own formats.

Every file holds the same network; the exported model must hold the same numbers, and the anchors in the order of the
file's channels. Broken checkpoints are refused in one line. Prints a line a case and "N passed, N failed" last; exits
with 1 after a failure.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import OrderedDict

import numpy as np
import onnx
import onnx.numpy_helper
import torch
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "train")]

from tally import Tally  # noqa: E402
from train.model import Detector, randomise  # noqa: E402
from train.network_options import NetworkOptions  # noqa: E402

LEVEL = r"neck\.fpn_convs\.([34])\.conv"


def rules(*pairs):
    return [(re.compile(pattern), replacement) for pattern, replacement in pairs]


def double(match) -> str:
    return f"{match.group(1)}{2 * int(match.group(2))}{match.group(3)}"


TORCHVISION = rules(
    (r"^backbone\.", "backbone.body."), (r"^neck\.lateral_convs\.(\d)\.conv", r"backbone.fpn.inner_blocks.\1.0"),
    (LEVEL, lambda m: f"backbone.fpn.extra_blocks.p{int(m.group(1)) + 3}"),
    (r"^neck\.fpn_convs\.(\d)\.conv", r"backbone.fpn.layer_blocks.\1.0"),
    (r"^bbox_head\.cls_convs\.(\d)\.conv", r"head.classification_head.conv.\1.0"),
    (r"^bbox_head\.reg_convs\.(\d)\.conv", r"head.regression_head.conv.\1.0"),
    (r"^bbox_head\.cls_convs\.(\d)\.gn", r"head.classification_head.conv.\1.1"),
    (r"^bbox_head\.reg_convs\.(\d)\.gn", r"head.regression_head.conv.\1.1"),
    (r"^bbox_head\.retina_cls", "head.classification_head.cls_logits"),
    (r"^bbox_head\.retina_reg", "head.regression_head.bbox_reg"))
DETECTRON2 = rules(
    (r"^backbone\.(conv1|bn1)", r"backbone.bottom_up.stem.\1"),
    (r"^backbone\.layer(\d)", lambda m: f"backbone.bottom_up.res{int(m.group(1)) + 1}"),
    (r"downsample\.0", "shortcut"), (r"downsample\.1", "shortcut.norm"), (r"(?<=\.)bn(\d)", r"conv\1.norm"),
    (r"^neck\.lateral_convs\.(\d)\.conv", lambda m: f"backbone.fpn_lateral{int(m.group(1)) + 3}"),
    (LEVEL, lambda m: f"backbone.top_block.p{int(m.group(1)) + 3}"),
    (r"^neck\.fpn_convs\.(\d)\.conv", lambda m: f"backbone.fpn_output{int(m.group(1)) + 3}"),
    (r"^(bbox_head\.cls_convs\.)(\d)\.conv(.*)", double), (r"^(bbox_head\.reg_convs\.)(\d)\.conv(.*)", double),
    (r"^bbox_head\.cls_convs", "head.cls_subnet"), (r"^bbox_head\.reg_convs", "head.bbox_subnet"),
    (r"^bbox_head\.retina_cls", "head.cls_score"), (r"^bbox_head\.retina_reg", "head.bbox_pred"))
ODTK = rules(
    (r"^backbone\.", "backbones.ResNet18FPN.features."),
    (r"^neck\.lateral_convs\.(\d)\.conv", lambda m: f"backbones.ResNet18FPN.lateral{int(m.group(1)) + 3}"),
    (LEVEL, lambda m: f"backbones.ResNet18FPN.pyramid{int(m.group(1)) + 3}"),
    (r"^neck\.fpn_convs\.(\d)\.conv", lambda m: f"backbones.ResNet18FPN.smooth{int(m.group(1)) + 3}"),
    (r"^(bbox_head\.cls_convs\.)(\d)\.conv(.*)", double), (r"^(bbox_head\.reg_convs\.)(\d)\.conv(.*)", double),
    (r"^bbox_head\.cls_convs", "cls_head"), (r"^bbox_head\.reg_convs", "box_head"),
    (r"^bbox_head\.retina_cls", "cls_head.8"), (r"^bbox_head\.retina_reg", "box_head.8"))


def renamed(state: dict, table) -> dict:
    names = {}
    for name in state:
        new = name
        for pattern, replacement in table:
            new = pattern.sub(replacement, new)
        names[new] = state[name]
    return names


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
    save_file({f"module.{n}": t for n, t in renamed(state, ODTK).items()}, path)
    check_numbers(folder, path, state, "odtk, trained in parallel", tally, "--no-iou-head", metadata={
        "iou.input.pad": "multiple 128", "iou.anchors": "-12 -12 20 20"})
    outcome = export(folder, path)
    tally.add("the hint at --no-iou-head", "" if "--no-iou-head" in outcome.stderr else outcome.stderr)


def check_checkpoints(folder: pathlib.Path, tally: Tally) -> None:
    state = make_state(NetworkOptions())
    meta = {"state_dict": state, "meta": {"epoch": 3, "CLASSES": ("a", "b"), "lr": 0.01, "odd": {1, 2}},
            "optimizer": {"param_groups": [{"lr": 1e-3, "params": list(range(300))}], "state": {}}}
    for case, content, old in (("zip", state, False), ("zip with a state_dict", meta, False),
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
                  "" if outcome.returncode == 1 and "no tensor" in outcome.stderr else outcome.stderr)
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
    torch.save(state, path)
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(folder / "packed.pth", "w", zipfile.ZIP_DEFLATED) as packed:
        for name in source.namelist():
            packed.writestr(name, source.read(name))
    outcome = export(folder, folder / "packed.pth")
    tally.add("compressed", "" if "compressed" in outcome.stderr else outcome.stderr)


def main() -> None:
    tally = Tally()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_names(folder, tally)
        check_checkpoints(folder, tally)
        check_refusals(folder, tally)
    tally.finish()


if __name__ == "__main__":
    main()
