#!/usr/bin/env bash
# A package that depends on this one by version, as a program of somebody else would: the working
# tree is copied into a repository with a tag, Examples/swift is built there, and must print the
# boxes that iourun finds; so must the program that detects in a task.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

mkdir "$folder/iou"
git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
    tar -c --null -T - | tar -x -C "$folder/iou"
in_copy() { git -C "$folder/iou" -c user.name=check -c user.email=check@localhost "$@"; }
in_copy init -q
in_copy add -A
in_copy commit -qm "The working tree"
in_copy tag "$(sed -n 's/.*define IOU_VERSION "\(.*\)"/\1/p' Sources/CIoU/include/iou/iou.h)"

swift build -c release --disable-sandbox --package-path "$folder/iou/Examples/swift" \
    >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }

"$folder/iou/Examples/swift/.build/release/detect" models/blood-cells.onnx Examples/smear.png \
    >"$folder/boxes"
.build/release/iourun models/blood-cells.onnx Examples/smear.png --score-threshold 0.5 |
    awk 'NF == 8 && $1 != "class" { print $1, $2, $5, $6, $7, $8 }' >"$folder/expected"
test -s "$folder/expected"
diff "$folder/expected" "$folder/boxes"
"$folder/iou/Examples/swift/.build/release/detect-async" models/blood-cells.onnx \
    Examples/smear.png | diff <(awk '{ print $1, $2 }' "$folder/expected") -
! "$folder/iou/Examples/swift/.build/release/detect-async" missing.onnx Examples/smear.png \
    2>"$folder/refused"
grep -q "^detect-async: input/output error: 'missing.onnx'" "$folder/refused"
echo "check_swift_package: $(wc -l <"$folder/boxes") boxes, as iourun finds them"
