#!/usr/bin/env bash
# The comparisons with others: ONNX's node tests, ONNX Runtime, PyTorch, NumPy references. Arguments are pytest's; with
# --full, the long matrices too. SAN=address,undefined or SAN=thread: the tests of the C side, on a library that
# LIBIOU and IOU_TEST_HOOKS name and that was built with these sanitizers.
set -euo pipefail
cd "$(dirname "$0")"
./setup.sh
python=$PWD/.venv/bin/python

if [ -n "${SAN:-}" ]; then
    # What needs neither the tools nor PyTorch.
    c_side=(test_attention.py test_conv.py test_detection.py test_dynamic.py test_epilogues.py test_external.py
        test_listed_boxes.py test_loops.py test_malformed.py test_malformed_control.py test_malformed_operators.py
        test_malformed_recipes.py test_random.py test_producer_fusion.py test_batched_conv.py test_parts.py test_node_tests.py
        test_operators.py --deselect 'test_external.py::test_files[export_case]'
        --deselect 'test_external.py::test_files[optimize_case]' --deselect test_external.py::test_killed)
    case $SAN in
        *thread*) runtime=$(gcc -print-file-name=libtsan.so) ;;
        *) runtime=$(gcc -print-file-name=libasan.so) ;;
    esac
    # Python leaks, ONNX Runtime's threads are not looked at, and tests ask for more memory than there is.
    export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
    export UBSAN_OPTIONS=print_stacktrace=1
    export TSAN_OPTIONS=ignore_noninstrumented_modules=1:die_after_fork=0:halt_on_error=1
    # The processes of the tests alone run with the sanitizer's runtime.
    exec env LD_PRELOAD="$runtime" "$python" -m pytest -q -n 2 --dist loadgroup "${c_side[@]}" "$@"
fi

status=0
"$python" -m pytest -q -n 2 --dist loadgroup "$@" || status=1
if [ "$*" = "" ] || [ "$*" = --full ]; then
    (cd ../train && "$python" -m pytest -q) || status=1
fi
exit $status
