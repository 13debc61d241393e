#!/usr/bin/env bash
# Makes checkpoints and compares their final boxes; --help tells the arguments. Wants `make build test-hooks` before.
set -euo pipefail
tools=$(cd "$(dirname "$0")/.." && pwd)
"$tools/checkpoints/setup.sh"
export PYTHONPATH=$tools:$tools/check/references:$tools/train
exec "$tools/checkpoints/.venv/bin/python" -m checkpoints "$@"
