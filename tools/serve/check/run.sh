#!/bin/sh
# The server against its clients; arguments are pytest's. Builds nothing: `make check-serve` does.
set -eu
cd "$(dirname "$0")"
../../make_venv.sh .
.venv/bin/python -m pytest -q "$@"
# Requests of which many are wrong or leave: all of them, in ten thousand, take a minute or two.
.venv/bin/python load.py faults 2000
