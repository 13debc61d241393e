"""What other code bases call the tensors of a network that has MMDetection's names."""

import re

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


def odtk(backbone: str) -> list:
    """`backbone` is ODTK's name of it, such as ResNet18FPN."""
    root = f"backbones.{backbone}"
    return rules(
        (r"^backbone\.", f"{root}.features."),
        (r"^neck\.lateral_convs\.(\d)\.conv", lambda m: f"{root}.lateral{int(m.group(1)) + 3}"),
        (LEVEL, lambda m: f"{root}.pyramid{int(m.group(1)) + 3}"),
        (r"^neck\.fpn_convs\.(\d)\.conv", lambda m: f"{root}.smooth{int(m.group(1)) + 3}"),
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
