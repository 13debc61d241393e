"""The configuration of a training run: one table of TOML for each subject.

The defaults are the authors' ResNet-50 on COCO where they published one.
"""

from __future__ import annotations

from dataclasses import dataclass

from .backbone import BACKBONES
from .config_file import ConfigError, option, table
from .losses import LossOptions
from .stages import STAGES

LARGEST_SIDE = 65_536
LARGEST_SEED = (1 << 63) - 1


@dataclass(frozen=True)
class SourceOptions:
    """`[data.train]`, `[data.val]`, `[data.extra]`: where a data set is."""

    images: str = option("", "folder of the pictures")
    annotations: str = option("", "a COCO file, or a folder of VOC's XML files")
    split: str = option("", "VOC: a list of the files to use, as in ImageSets/Main")


@dataclass(frozen=True)
class DataOptions:
    """`[data]`: pictures, boxes and the size that the network sees."""

    train: SourceOptions = table(SourceOptions)
    val: SourceOptions = table(SourceOptions)
    extra: SourceOptions = table(SourceOptions)
    extra_fraction: float = option(0.25, "share of the samples from data.extra",
                                   least=0.0, most=1.0)
    classes: tuple[str, ...] = option((), "classes to learn, in this order; empty: the file's")
    long: int = option(1333, "pixels of the long side at most", least=32, most=LARGEST_SIDE)
    short: int = option(800, "pixels of the short side at most", least=32, most=LARGEST_SIDE)
    bad_boxes: str = option("refuse", "boxes that are empty or outside their picture",
                            choices=("refuse", "drop"))
    voc_boxes: str = option("edges", "VOC: corners are edges from 0, as most programs write, or "
                            "first and last pixels from 1, as the challenges define",
                            choices=("edges", "pixels"))
    keep_empty: bool = option(False, "train on pictures without boxes too")
    decode_all: bool = option(True, "decode every picture before the first step, not its header "
                              "alone")
    cache_megabytes: int = option(4096, "decoded pictures of each data set to keep in memory",
                                  least=0)


@dataclass(frozen=True)
class NetworkTable:
    """`[network]`: what is trained, and from which weights."""

    backbone: str = option("resnet50", "as in `iouc export`", choices=BACKBONES)
    fpn_channels: int = option(0, "width of neck and head; 0: 128 for mobilenetv2, else 256",
                               least=0, most=4096)
    weights: str = option("auto", "of the backbone: a classifier's .pth or .safetensors, "
                          "\"none\", or \"auto\" for what setup.sh installed")
    start_from: str = option("", "a detector's checkpoint, also MMDetection's, or safetensors; "
                             "may lack the IoU head")
    frozen_stages: int = option(1, "stages of a pretrained backbone that do not learn; 1: stem "
                                "and stride 4", least=0, most=STAGES)
    cache_features: bool = option(False, "compute the frozen stages once for every way a picture "
                                  "is shown")
    train_only: tuple[str, ...] = option((), "prefixes of the parameters that learn, such as "
                                         "bbox_head.retina_iou; empty: all")
    tower_init: str = option("paper", "weights of the head's towers; he starts narrow heads "
                             "faster", choices=("paper", "he"))


@dataclass(frozen=True)
class ScheduleOptions:
    """`[schedule]`: `epochs` or `steps`; drops, evaluations and checkpoints count in the same."""

    epochs: float = option(0.0, "length in passes over the data", least=0.0)
    steps: int = option(0, "length in steps, where epochs is 0", least=0)
    batch: int = option(16, "pictures a step, of all processes together", least=1)
    lr: float = option(0.0, "learning rate; 0: lr_per_image times batch", least=0.0)
    lr_per_image: float = option(0.000625, "the linear scaling rule", above=0.0)
    decay: str = option("step", "step: a tenth after each drop; cosine: down to 0",
                        choices=("step", "cosine"))
    drops: tuple[float, ...] = option((), "where decay = \"step\" drops; empty: after 8/12 and "
                                      "11/12 of the length", above=0.0)
    warmup: int = option(500, "steps of linear warm-up", least=0)
    warmup_start: float = option(1 / 3, "part of the rate at the first step", above=0.0, most=1.0)
    momentum: float = option(0.9, "of SGD", least=0.0, most=1.0)
    weight_decay: float = option(1e-4, "L2 penalty", least=0.0)
    clip: float = option(35.0, "largest L2 norm of the gradient", above=0.0)


@dataclass(frozen=True)
class AugmentOptions:
    """`[augment]`: how samples are varied; all of it depends on seed and step only."""

    horizontal_flip: float = option(0.5, "probability", least=0.0, most=1.0)
    vertical_flip: float = option(0.0, "probability", least=0.0, most=1.0)
    short_sizes: tuple[int, ...] = option((), "short sides, one drawn a step; empty: data.short",
                                          least=32, most=LARGEST_SIDE)
    crop: float = option(0.0, "probability of showing a part only", least=0.0, most=1.0)
    crop_least: float = option(0.5, "smallest part of each side", above=0.0, most=1.0)
    expand: float = option(0.0, "probability of showing the picture on a larger grey one",
                           least=0.0, most=1.0)
    expand_most: float = option(1.5, "largest multiple of each side", least=1.0)
    brightness: float = option(0.0, "factor within 1 ± this", least=0.0, most=1.0)
    contrast: float = option(0.0, "factor on the distance from the mean luma, within 1 ± this",
                             least=0.0, most=1.0)
    saturation: float = option(0.0, "factor on the distance from grey, within 1 ± this",
                               least=0.0, most=1.0)
    hue: float = option(0.0, "turn of the colours within ± this part of a circle", least=0.0,
                        most=0.5)
    temperature: float = option(0.0, "red times 1 + t and blue times 1 − t, t within ± this",
                                least=0.0, most=1.0)

    def jitters_colour(self) -> bool:
        return max(self.brightness, self.contrast, self.saturation, self.hue,
                   self.temperature) > 0


@dataclass(frozen=True)
class RunOptions:
    """`[run]`: where results go and what the machine does."""

    out: str = option("", "folder of checkpoints, metrics and plots")
    seed: int = option(0, "of weights and samples", least=0, most=LARGEST_SEED)
    device: str = option("auto", "auto: a GPU if there is one", choices=("auto", "cpu", "cuda"))
    precision: str = option("auto", "auto: mixed on a GPU, else float32",
                            choices=("auto", "float32", "mixed"))
    threads: int = option(0, "CPU threads; 0: PyTorch's choice", least=0)
    workers: int = option(0, "threads that prepare batches ahead", least=0)
    checkpoint_every: float = option(0.0, "epochs or steps, like the schedule; 0: each epoch",
                                     least=0.0)
    evaluate_every: float = option(0.0, "epochs or steps, like the schedule; 0: each epoch; the "
                                   "end always is", least=0.0)
    alphas: tuple[float, ...] = option((1.0, 0.5), "α to evaluate at", least=0.0, most=1.0)


@dataclass(frozen=True)
class FitOptions:
    """A whole configuration."""

    data: DataOptions = table(DataOptions)
    network: NetworkTable = table(NetworkTable)
    loss: LossOptions = table(LossOptions)
    schedule: ScheduleOptions = table(ScheduleOptions)
    augment: AugmentOptions = table(AugmentOptions)
    run: RunOptions = table(RunOptions)


def check_options(options: FitOptions, source: str) -> None:
    """ConfigError for values that do not go together."""
    data, schedule, network = options.data, options.schedule, options.network
    mistakes = []
    for name in ("train", "val", "extra"):
        place = getattr(data, name)
        if bool(place.images) != bool(place.annotations) or (name == "train" and not place.images):
            mistakes.append(f"data.{name}: needs images and annotations")
    if not options.run.out:
        mistakes.append("run.out: needs a folder")
    if (schedule.epochs > 0) == (schedule.steps > 0):
        mistakes.append("schedule: needs either epochs or steps")
    if len(set(data.classes)) < len(data.classes):
        mistakes.append("data.classes: names a class twice")
    if data.short > data.long:
        mistakes.append(f"data.short: {data.short} is above data.long, {data.long}")
    if network.cache_features and options.augment.jitters_colour():
        mistakes.append("network.cache_features: pictures of jittered colours are never the same "
                        "again")
    if network.cache_features and (options.augment.crop or options.augment.expand):
        mistakes.append("network.cache_features: pictures with random windows are never the same "
                        "again")
    if options.augment.crop + options.augment.expand > 1:
        mistakes.append("augment: crop and expand are probabilities of different things, together "
                        "at most 1")
    if not options.run.alphas:
        mistakes.append("run.alphas: needs at least one")
    if mistakes:
        raise ConfigError("\n".join(f"{source}: {mistake}" for mistake in mistakes))
