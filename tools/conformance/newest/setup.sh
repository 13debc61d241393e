#!/bin/sh
# Creates tools/conformance/newest/.venv; does nothing when it is up to date.
exec "$(dirname "$0")/../../make_venv.sh" "$(dirname "$0")"
