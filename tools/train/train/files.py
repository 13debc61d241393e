"""Files on disk: checkpoints to resume from, safetensors to hand on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from .annotations import refuse_duplicates
from .facts import TrainingFacts, described, read_described, read_facts
from .model import Detector
from .naming import canonical_state
from .unpickle import CheckpointError, read_pickle


def replace_atomically(path: Path, write: Callable[[Path], Any]) -> None:
    """Calls `write(temporary path)`, then renames: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(temporary)
        # Not every writer asks for what the mask allows.
        temporary.chmod(0o666 & ~_mask())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _mask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def checkpoint_meta(model: Detector, class_names: list[str]) -> dict[str, Any]:
    return {"backbone": model.backbone_name, "fpn_channels": model.fpn_channels,
            "CLASSES": class_names}


def save_checkpoint(path: Path, model: Detector, optimizer: torch.optim.Optimizer,
                    scaler: torch.amp.GradScaler, step: int, class_names: list[str],
                    options: dict[str, Any]) -> None:
    """Everything a run needs to go on as if it had not stopped."""
    _save(path, {
        "step": step,
        "state_dict": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scaler": scaler.state_dict(),
        # Batches draw from no global generator; a layer such as dropout would.
        "rng": {"torch": torch.get_rng_state()},
        "meta": checkpoint_meta(model, class_names),
        "options": options,
    })


def save_weights(path: Path, model: Detector, step: int, class_names: list[str],
                 options: dict[str, Any], alpha: float | None = None) -> None:
    """A checkpoint that can be evaluated, exported and started from, but not resumed.

    `alpha` is the one that it was chosen with.
    """
    meta = checkpoint_meta(model, class_names)
    if alpha is not None:
        meta["alpha"] = alpha
    _save(path, {"step": step, "state_dict": model.state_dict(), "meta": meta, "options": options})


def _save(path: Path, content: dict[str, Any]) -> None:
    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            torch.save(content, file)
            file.flush()
            # A rename may reach the disk before the data does.
            os.fsync(file.fileno())

    replace_atomically(path, write)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """The content of a checkpoint of this program; CheckpointError for a cut or damaged one."""
    content = read_pickle(path)
    if not _is_own(content):
        raise CheckpointError(f"{path}: not a checkpoint of this program")
    return content


def _is_own(content: Any) -> bool:
    """Whether a file's content is that of `save_checkpoint` or `save_weights`."""
    return isinstance(content, dict) and isinstance(content.get("state_dict"), dict) \
        and isinstance(content.get("meta"), dict) and {"backbone", "CLASSES"} <= set(content["meta"])


def export(path: Path, model: Detector, class_names: list[str],
           facts: TrainingFacts = TrainingFacts()) -> None:
    """Writes the weights under their canonical names, with what `iouc export` has to know.

    ValueError where two classes have the same name: a detector could not tell them apart.
    """
    refuse_duplicates(class_names, str(path))
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()
               if not name.endswith("num_batches_tracked")}
    header = described(model, class_names, facts)
    replace_atomically(path, lambda temporary: save_file(tensors, temporary, metadata=header))


def read_state(path: Path) -> tuple[dict[str, Tensor], str | None, list[str]]:
    """The tensors of a detector's file under canonical names; its backbone and classes, if it says.

    That is a safetensors file, a checkpoint of this program, or one of MMDetection's.
    """
    if path.suffix == ".safetensors":
        try:
            with safe_open(str(path), "pt") as file:
                notes = file.metadata() or {}
                state = {key: file.get_tensor(key) for key in file.keys()}
        except SafetensorError as error:
            raise CheckpointError(f"{path}: no safetensors file: {error}") from error
        return canonical_state(path, state), *read_described(notes)
    content = read_pickle(path)
    if _is_own(content):
        return content["state_dict"], content["meta"]["backbone"], content["meta"]["CLASSES"]
    found = content.get("state_dict", content) if isinstance(content, dict) else None
    if not isinstance(found, dict) or not found or not all(
            isinstance(key, str) and isinstance(value, Tensor) for key, value in found.items()):
        raise CheckpointError(f"{path}: not a checkpoint: it holds no weights by name")
    return canonical_state(path, found), None, []


def training_facts(path: Path) -> TrainingFacts:
    """What a file of this program says besides its weights; of other files nothing is known."""
    if path.suffix == ".safetensors":
        with safe_open(str(path), "pt") as file:
            return read_facts(file.metadata() or {}, path)
    content = read_pickle(path)
    return TrainingFacts.of_checkpoint(content, path) if _is_own(content) else TrainingFacts()


def fill(model: Detector, state: dict[str, Tensor], path: Path,
         may_lack: str | None = None) -> None:
    """Loads a state; ValueError where names or shapes differ, but for batch norm's counters and
    parameters under `may_lack` that only one side has."""
    own = model.state_dict()
    wrong = [f"{key} is missing" if key in own else f"{key} is not expected"
             for key in own.keys() ^ state.keys() if not key.endswith("num_batches_tracked")
             and not (may_lack is not None and key.startswith(may_lack))]
    wrong += [f"{key} is {tuple(state[key].shape)}, not {tuple(own[key].shape)}"
              for key in own.keys() & state.keys() if state[key].shape != own[key].shape]
    if wrong:
        raise ValueError(f"{path} does not fit {model.backbone_name} with {model.classes} classes "
                         f"and {model.fpn_channels} channels: {', '.join(sorted(wrong)[:3])}")
    model.load_state_dict(state, strict=False)


def load_weights(model: Detector, path: Path) -> bool:
    """A detector's weights into a model that may have an IoU head where the file has none.

    Class outputs for another number of classes stay as they are in the model; whether they fit.
    """
    state = read_state(path)[0]
    outputs = "bbox_head.retina_cls."
    own, found = model.bbox_head.retina_cls.weight, state.get(outputs + "weight")
    fits = found is None or found.shape[:1] == own.shape[:1]
    if not fits:
        state = {key: tensor if not key.startswith(outputs) else model.state_dict()[key]
                 for key, tensor in state.items()}
    fill(model, state, path, may_lack="bbox_head.retina_iou.")
    return fits


def load_model(path: Path, backbone: str | None = None,
               classes: int | None = None) -> tuple[Detector, list[str]]:
    """A detector from a checkpoint or a safetensors file, and its class names.

    What the file does not say (a safetensors file of another program) must be given.
    """
    state, said, names = read_state(path)
    backbone = backbone or said
    if backbone is None:
        raise ValueError(f"{path} does not name its backbone; only `reference` can be "
                         "given, by --backbone")
    for key in ("bbox_head.retina_cls.weight", "neck.lateral_convs.0.conv.weight"):
        if key not in state or state[key].ndim != 4:
            raise CheckpointError(f"{path}: is no RetinaNet: it has no convolution {key}")
    found = state["bbox_head.retina_cls.weight"].shape[0] // 9
    if classes not in (None, found):
        raise ValueError(f"{path} has {found} classes, not {classes}")
    channels = state["neck.lateral_convs.0.conv.weight"].shape[0]
    model = Detector(backbone, found, channels, iou_head="bbox_head.retina_iou.weight" in state)
    fill(model, state, path)
    return model.eval(), names or [f"class{i}" for i in range(found)]
