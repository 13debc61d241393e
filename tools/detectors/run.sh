#!/usr/bin/env bash
# Makes and compares detectors; --help tells the arguments. Wants `make lib bench-worker` before.
set -euo pipefail
tools=$(cd "$(dirname "$0")/.." && pwd)
"$tools/detectors/setup.sh"
export PYTHONPATH=$tools:$tools/check/references
exec "$tools/detectors/.venv/bin/python" -m detectors "$@"
