#!/bin/sh
# Creates tools/check/.venv with everything the checks need; does nothing when it is up to date.
exec "$(dirname "$0")/../make_venv.sh" "$(dirname "$0")"
