#!/usr/bin/env bash
# A package that depends on this one by version, as a program of somebody else would: the working
# tree is copied into a repository with a tag, Examples/swift is built there, and must print the
# boxes that iourun finds.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

mkdir "$folder/iou"
git ls-files -z --cached --others --exclude-standard |
    xargs -0 sh -c 'for f; do [ -e "$f" ] && printf "%s\0" "$f"; done; true' sh |
    tar -c --null -T - | tar -x -C "$folder/iou"
in_copy() { git -C "$folder/iou" -c user.name=check -c user.email=check@localhost "$@"; }
in_copy init -q
in_copy add -A
in_copy commit -qm "The working tree"
in_copy tag 0.1.0

swift build -c release --disable-sandbox --package-path "$folder/iou/Examples/swift" \
    >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }

"$folder/iou/Examples/swift/.build/release/boxes" models/blood-cells.onnx Examples/smear.png \
    >"$folder/boxes"
.build/release/iourun models/blood-cells.onnx Examples/smear.png --score-threshold 0.5 |
    awk 'NF == 8 && $1 != "class" { print $1, $2, $5, $6, $7, $8 }' >"$folder/wanted"
test -s "$folder/wanted"
diff "$folder/wanted" "$folder/boxes"
echo "check_swift_package: $(wc -l <"$folder/boxes") boxes, as iourun finds them"
