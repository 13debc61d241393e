#!/bin/sh
# Creates tools/detectors/.venv with what the recipes need; does nothing when it is up to date.
set -eu
cd "$(dirname "$0")"
if cat requirements.txt packages.txt | cmp -s - .venv/installed.txt; then
    exit 0
fi
python3 -m venv .venv
pip=".venv/bin/pip --quiet --disable-pip-version-check"
$pip install -r requirements.txt
$pip install --no-deps -r packages.txt
cat requirements.txt packages.txt >.venv/installed.txt
