#!/usr/bin/env bash
# A package that depends on this one by version, as a program of somebody else would: the working
# tree is copied into a repository of another name with a tag, Examples/swift is built there, and must
# print the boxes that iourun finds; so must the program that detects in a task. The one that builds a
# detector must write the file that iouc does.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

clone=$folder/Another-Name
built=$clone/Examples/swift/.build/release
mkdir "$clone"
git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
    tar -c --null -T - | tar -x -C "$clone"
in_copy() { git -C "$clone" -c user.name=check -c user.email=check@localhost "$@"; }
in_copy init -q
in_copy add -A
in_copy commit -qm "The working tree"
in_copy tag "$(sed -n 's/.*define IOU_VERSION "\(.*\)"/\1/p' Sources/CIoU/include/iou/iou.h)"

swift build -c release --disable-sandbox --package-path "$clone/Examples/swift" \
    >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }

"$built/detect" models/blood-cells.onnx Examples/smear.png \
    >"$folder/boxes"
.build/release/iourun models/blood-cells.onnx Examples/smear.png --score-threshold 0.5 |
    awk 'NF == 8 && $1 != "class" { print $1, $2, $5, $6, $7, $8 }' >"$folder/expected"
test -s "$folder/expected"
diff "$folder/expected" "$folder/boxes"
"$built/detect-async" models/blood-cells.onnx \
    Examples/smear.png | diff <(awk '{ print $1, $2 }' "$folder/expected") -
! "$built/detect-async" missing.onnx Examples/smear.png \
    2>"$folder/refused"
grep -q "^detect-async: input/output error: 'missing.onnx'" "$folder/refused"
printf '%s\n' RBC WBC Platelets >"$folder/labels"
.build/release/iouc export "$folder/expected.onnx" --backbone resnet18 --labels "$folder/labels" --alpha 0.4 \
    --seed 1 --optimize
"$built/build-detector" "$folder/built.onnx" | grep -q ' nodes, '
cmp "$folder/expected.onnx" "$folder/built.onnx"
echo "check_swift_package: $(wc -l <"$folder/boxes") boxes, as iourun finds them"
