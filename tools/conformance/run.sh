#!/usr/bin/env bash
# Runs ONNX's own tests; --help tells the arguments. Wants `make build` before.
set -euo pipefail
tools=$(cd "$(dirname "$0")/.." && pwd)
"$tools/check/setup.sh"
export PYTHONPATH=$tools:$tools/check/references
exec "$tools/check/.venv/bin/python" -m conformance "$@"
