#!/bin/sh
# Creates .venv in FOLDER with what its requirements.txt names and, without their dependencies, its packages.txt; does
# nothing when it is up to date.
set -eu
cd "$1"
files=requirements.txt
if [ -f packages.txt ]; then
    files="$files packages.txt"
fi
if cat $files | cmp -s - .venv/installed.txt; then
    exit 0
fi
python3 -m venv .venv
pip=".venv/bin/pip --quiet --disable-pip-version-check"
$pip install -r requirements.txt
if [ -f packages.txt ]; then
    $pip install --no-deps -r packages.txt
fi
cat $files >.venv/installed.txt
