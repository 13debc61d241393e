#!/usr/bin/env bash
# The comparisons with others: ONNX's node tests, ONNX Runtime, PyTorch, NumPy references.
# With --full, the long matrices.
set -euo pipefail
cd "$(dirname "$0")/../.."
full=("$@")

tools/check/setup.sh
python=tools/check/.venv/bin/python

$python tools/check/node_tests.py
$python tools/check/check_preprocess.py
$python tools/check/check_pictures.py
$python tools/check/check_detection.py
$python tools/check/check_conventions.py
$python tools/check/check_detector_info.py
$python tools/check/check_detector_path.py
$python tools/check/check_operators.py
$python tools/check/check_dynamic.py
$python tools/check/check_annotate.py
$python tools/check/check_eval.py
$python tools/check/check_hostile_annotations.py
$python tools/check/check_hostile.py
$python tools/check/check_hostile_control.py
$python tools/check/check_conv.py
$python tools/check/check_epilogues.py
$python tools/check/check_functions.py
$python tools/check/check_joined.py
$python tools/check/check_merged.py
$python tools/check/check_external.py
$python tools/check/check_opsets.py
$python tools/check/check_hostile_operators.py
$python tools/check/check_networks.py "${full[@]}"
$python tools/check/check_weight_files.py
$python tools/check/check_json.py
$python tools/check/check_claims.py
$python tools/check/check_graph_postprocess.py "${full[@]}"
$python tools/check/check_optimize.py "${full[@]}"
if [ "${#full[@]}" -gt 0 ]; then
    $python tools/check/check_optimize_nodes.py
fi
$python tools/check/check_embedding.py "${full[@]}"
tools/check/check_swift_package.sh
$python tools/check/check_eval_model.py
$python tools/check/check_accuracy.py
(cd tools/train && ../check/.venv/bin/python -m pytest -q)
