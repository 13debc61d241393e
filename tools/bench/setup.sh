#!/bin/sh
# Creates tools/bench/.venv with the peers; does nothing when it is up to date. A peer that cannot be installed is
# named, and the others are installed all the same.
set -eu
cd "$(dirname "$0")"
if cat requirements.txt peers.txt | cmp -s - .venv/installed.txt; then
    exit 0
fi
python3 -m venv .venv
pip=".venv/bin/pip --quiet --disable-pip-version-check"
$pip install -r requirements.txt
complete=yes
for peer in $(grep -v '^#' peers.txt); do
    if ! $pip install --no-deps "$peer"; then
        echo "setup: $peer cannot be installed" >&2
        complete=no
    fi
done
if [ $complete = yes ]; then
    cat requirements.txt peers.txt >.venv/installed.txt
fi
