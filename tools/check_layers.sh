#!/usr/bin/env bash
# The layers of the C runtime: core knows nobody, ops know core, model knows both, detect knows the
# public API and core. File names are unique, OpenMP stands in one file. IoUEval knows no model.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0

forbid() { # forbid FOLDER PATTERN
    if grep -rnE "#include \"($2)/" "Sources/CIoU/$1" --include='*.c' --include='*.h'; then
        echo "check_layers: $1 must not include $2" >&2
        failed=1
    fi
}
forbid core 'ops|model|detect'
forbid detect 'ops|model'
forbid model 'detect'
if grep -rnE '#include "(model)/' Sources/CIoU/ops --include='*.c' --include='*.h' |
    grep -v 'core/packed_weights.h'; then
    echo "check_layers: ops may know of core/packed_weights.h only" >&2
    failed=1
fi
if grep -rln 'omp\.h\|#pragma omp' Sources --include='*.c' --include='*.h' |
    grep -v 'Sources/CIoU/core/parallel.c'; then
    echo "check_layers: OpenMP stands in core/parallel.c only" >&2
    failed=1
fi
if grep -rnE '^(package |internal |public )?import ' Sources/IoUEval --include='*.swift' |
    grep -vE 'import (CExpat|FoundationEssentials|IoURuntime)$'; then
    echo "check_layers: IoUEval may know of expat and IoURuntime only" >&2
    failed=1
fi
duplicates=$(git ls-files 'Sources/*.c' 'Sources/*.h' | grep -v shim.h | xargs -n1 basename | sort | uniq -d)
if [ -n "$duplicates" ]; then
    echo "check_layers: file names used twice: $duplicates" >&2
    failed=1
fi
exit $failed
