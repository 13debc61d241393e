"""A peer's process: loads a model and runs it once per request, with the protocol of bench_libiou.c.

    python -m bench.worker onnxruntime MODEL INPUT.f32 1x3x480x640 THREADS
"""

import importlib
import json
import os
import sys
import time


def main() -> None:
    peer, model, images_path, shape_text, threads = sys.argv[1:]
    results = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a peer prints must not be among the results
    import numpy as np
    engine_module = importlib.import_module(f"bench.{peer}_engine")
    imported = time.monotonic_ns()

    shape = tuple(int(side) for side in shape_text.split("x"))
    images = np.fromfile(images_path, np.float32).reshape(shape)
    begin = time.monotonic_ns()
    engine = engine_module.Engine(model, images, int(threads))
    loaded = time.monotonic_ns()
    engine.run()
    facts = {"imported_ns": imported, "load_ms": (loaded - begin) * 1e-6, "first_ns": time.monotonic_ns(),
             "version": engine_module.VERSION}
    print(json.dumps(facts), file=results)
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        if command == "run":
            begin = time.perf_counter_ns()
            engine.run()
            print((time.perf_counter_ns() - begin) * 1e-6, file=results)
        elif command == "outputs":
            outputs = engine.outputs()
            for index, output in enumerate(outputs):
                np.ascontiguousarray(output, np.float32).tofile(f"{argument}.{index}.f32")
            print(len(outputs), file=results)
        elif command == "quit":
            return


if __name__ == "__main__":
    main()
