#!/usr/bin/env bash
# Checks the formatting of C and Swift, and lints Python (ruff.toml) and the Dockerfile; with --fix, formats and mends.
set -euo pipefail
cd "$(dirname "$0")/.."
c_files=$(git ls-files 'Sources/*.[ch]' 'Tests/*.[ch]' 'Examples/*.c' 'tools/*.[ch]' \
    'Sources/*.hpp' 'Examples/*.cpp' |
    grep -v 'onnx\.pb-c')
swift_files=$(git ls-files 'Sources/*.swift' 'Tests/*.swift' 'tools/serve/*.swift' Package.swift)
tools/check/setup.sh
ruff=tools/check/.venv/bin/ruff
if [ "${1:-}" = --fix ]; then
    $ruff check --quiet --fix tools
    clang-format -i $c_files
    swift format format --in-place --parallel $swift_files
else
    $ruff check --quiet tools
    tools/check/.venv/bin/hadolint packaging/Dockerfile
    clang-format --dry-run --Werror $c_files
    swift format lint --strict --parallel $swift_files
fi
