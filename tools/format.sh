#!/usr/bin/env bash
# Checks the formatting of C and Swift; with --fix, formats.
set -euo pipefail
cd "$(dirname "$0")/.."
c_files=$(git ls-files 'Sources/*.[ch]' 'Tests/*.[ch]' 'Examples/*.c' 'tools/*.[ch]' \
    'Sources/*.hpp' 'Examples/*.cpp' |
    grep -v 'onnx\.pb-c')
swift_files=$(git ls-files 'Sources/*.swift' 'Tests/*.swift' Package.swift)
if [ "${1:-}" = --fix ]; then
    clang-format -i $c_files
    swift format format --in-place --parallel $swift_files
else
    clang-format --dry-run --Werror $c_files
    swift format lint --strict --parallel $swift_files
fi
