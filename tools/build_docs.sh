#!/usr/bin/env bash
# Builds the pages of IoURuntime from a package that is built; a warning is an error.
set -euo pipefail
cd "$(dirname "$0")/.."
modules=$(swift build -c release --show-bin-path)/Modules
docs=.build-docs
rm -rf "$docs"
mkdir -p "$docs/symbols"

swift symbolgraph-extract -module-name IoURuntime -I "$modules" \
    -I Sources/CIoU/include -I Sources/CIoUImage/include \
    -target "$(swift -print-target-info | sed -n 's/.*"unversionedTriple": "\(.*\)",/\1/p')" \
    -minimum-access-level public -skip-synthesized-members -output-dir "$docs/symbols"
docc convert Sources/IoURuntime/IoURuntime.docc --additional-symbol-graph-dir "$docs/symbols" \
    --output-path "$docs/IoURuntime.doccarchive" --warnings-as-errors \
    --fallback-display-name IoURuntime --fallback-bundle-identifier ai.iou.runtime
test -s "$docs/IoURuntime.doccarchive/data/documentation/iouruntime/fromafiletoboxes.json"
echo "The pages: docc preview, or any server of files, over $PWD/$docs/IoURuntime.doccarchive"
