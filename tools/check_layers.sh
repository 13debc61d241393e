#!/usr/bin/env bash
# The layers of the C runtime: core knows nobody, then ops, model, plan and session, each of which
# knows those before it; detect knows the public API and core. The planner names no operator, and
# attributes are read by parse alone. File names are unique, OpenMP is in one file. IoUEval
# knows no model.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0

refuse() { # refuse WHY, where the last command found lines
    echo "check_layers: $1" >&2
    failed=1
}

forbid() { # forbid FOLDER PATTERN
    if grep -rnE "#include \"($2)/" "Sources/CIoU/$1" --include='*.c' --include='*.h'; then
        refuse "$1 must not include $2"
    fi
}
forbid core 'ops|model|plan|session|detect'
forbid ops 'model|plan|session|detect'
forbid model 'plan|session|detect'
forbid plan 'session|detect'
forbid session 'detect'
forbid detect 'ops|model|plan|session'
if grep -rnE '#include "ops/[a-z_]+/' Sources/CIoU/plan; then
    refuse "plan must not include an operator's header"
fi
operators=$(sed -nE 's/^IOU_OP\("(\w+)",.*/\1/p' Sources/CIoU/ops/ops.inc | paste -sd'|')
if grep -rnE "\"($operators)\"|iou_op_[a-z]" Sources/CIoU/plan; then
    refuse "plan must not name an operator; what an operator can do is in its descriptor"
fi
# Functions begin in the first column; those that parse have it in their names.
if find Sources/CIoU/{ops,model,plan,session} -name '*.[ch]' \
    ! -name facts.c ! -name 'op_*.c' ! -name 'load*.c' ! -name external.c -exec awk '
    FNR == 1 { name = "" }
    /^[a-z].*[a-z0-9_]\(/ { name = substr($0, 1, index($0, "(") - 1); sub(/.*[ *]/, "", name) }
    /^ .*(iou_attribute_[a-z]+|_from_attribute)\(|^ .*attribute\[/ && name !~ /parse/ {
        print FILENAME ":" FNR ": " $0
    }' {} + | grep .; then
    refuse "attributes are read by the operator's parse only"
fi
if grep -rln 'omp\.h\|#pragma omp' Sources --include='*.c' --include='*.h' |
    grep -v 'Sources/CIoU/core/parallel.c'; then
    refuse "OpenMP is in core/parallel.c only"
fi
if grep -rnE '^(package |internal |public )?import ' Sources/IoUEval --include='*.swift' |
    grep -vE 'import (CExpat|CYAML|FoundationEssentials|IoURuntime)$'; then
    refuse "IoUEval may know of expat, libyaml and IoURuntime only"
fi
duplicates=$(git ls-files 'Sources/*.c' 'Sources/*.h' | grep -v shim.h | xargs -n1 basename | sort | uniq -d)
if [ -n "$duplicates" ]; then
    refuse "file names used twice: $duplicates"
fi
exit $failed
