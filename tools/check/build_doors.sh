#!/bin/bash
# Builds .build-lib/libioudetect.so: detection behind the doors of Tests/CIoUTestSupport, for the
# Python checks. SANITIZE=1 adds the address and undefined-behaviour sanitizers.
set -euo pipefail
cd "$(dirname "$0")/../.."

out=.build-lib/libioudetect.so
flags=(-std=c11 -O2 -g -fPIC -ffp-contract=off -Wall -Wextra -Wconversion -Wshadow
       -Wstrict-prototypes -Wmissing-prototypes -Werror -ISources/CIoU -ISources/CIoU/include
       -ISources/CONNX/include -ITests/CIoUTestSupport/include)
if [ -n "${SANITIZE:-}" ]; then
    out=.build-lib/libioudetect-sanitized.so
    flags+=(-fsanitize=address,undefined -fno-sanitize-recover=undefined)
fi

sources=(Sources/CIoU/core/{arena,cpu,parallel,status,type}.c Tests/CIoUTestSupport/detect_doors.c)
for file in Sources/CIoU/detect/*.c; do
    # detector.c needs sessions; everything else of detection stands alone
    [ "$file" = Sources/CIoU/detect/detector.c ] || sources+=("$file")
done
mkdir -p .build-lib
"${CC:-gcc}" "${flags[@]}" -shared -o "$out" "${sources[@]}" -lm -lpthread
echo "$out"
