#!/bin/sh
# Creates tools/detectors/.venv with what the recipes need; does nothing when it is up to date.
exec "$(dirname "$0")/../make_venv.sh" "$(dirname "$0")"
