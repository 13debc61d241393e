#!/bin/sh
# Builds the wheel, installs it beside what it works with, and runs ruff, mypy and pytest on it. Arguments are pytest's;
# --full adds what takes minutes. Compares with the tools in .build/release.
set -eu
cd "$(dirname "$0")"
../make_venv.sh .
.venv/bin/ruff check --quiet
.venv/bin/mypy
wheel/build.sh
.venv/bin/pip --quiet --disable-pip-version-check install --force-reinstall --no-deps ../../.build-wheel/*.whl
exec .venv/bin/pytest -q "$@"
