#!/bin/sh
# Builds the pages of the package in .build-docs-python, from its docstrings; a warning is an error.
set -eu
cd "$(dirname "$0")"
../../make_venv.sh .
.venv/bin/mkdocs --quiet build --strict --clean
echo "The pages: $(cd ../../.. && pwd)/.build-docs-python/index.html"
