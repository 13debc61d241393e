#!/bin/sh
# Builds .build-wheel/libiou-*.whl: one wheel for every Python, with libpng and libjpeg inside, which needs no compiler
# where it is installed. Its manylinux tag is the oldest that the C library of this machine allows.
set -eu
cd "$(dirname "$0")/../../.."
tools/make_venv.sh tools/python/wheel
bin=$PWD/tools/python/wheel/.venv/bin
rm -rf .build-wheel
$bin/pip --quiet --disable-pip-version-check wheel --no-build-isolation --no-deps --wheel-dir .build-wheel/plain tools/python
PATH=$bin:$PATH $bin/auditwheel repair --wheel-dir .build-wheel .build-wheel/plain/*.whl
rm -r .build-wheel/plain
ls .build-wheel/*.whl
