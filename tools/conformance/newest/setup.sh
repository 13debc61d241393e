#!/bin/sh
# Creates tools/conformance/newest/.venv; does nothing when it is up to date.
set -eu
cd "$(dirname "$0")"
if cmp -s requirements.txt .venv/installed.txt; then
    exit 0
fi
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
cp requirements.txt .venv/installed.txt
