"""A folder of pictures on the workers of a Ray cluster, or of this machine; run it again, and it goes on where it was.

    python3 tools/python/examples/ray_folder.py PICTURES [--out found] [--kill-one]
"""

import argparse
import os
import pathlib
import signal
import sys
from collections.abc import Mapping
from typing import Any

import ray as ray_itself

import libiou
from libiou import ray

MODEL = pathlib.Path(__file__).resolve().parents[3] / "models/blood-cells.onnx"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Finds the objects in every picture of a folder.")
    parser.add_argument("pictures", help="a folder, a glob, Parquet files or a URI")
    parser.add_argument("--model", default=MODEL, help="default: the detector of blood cells")
    parser.add_argument("--out", default="found", help="a folder for Parquet files (default: found)")
    parser.add_argument("--coco", help="a file for a results list in COCO's format")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="of each worker")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--address", default=None, help="of a cluster, or auto; default: this machine alone")
    parser.add_argument("--kill-one", action="store_true", help="kill a worker, to see that nothing is lost")
    return parser.parse_args()


def main(options: argparse.Namespace) -> None:
    started = {} if options.address else {"num_cpus": options.workers * options.threads, "include_dashboard": False}
    ray_itself.init(address=options.address, log_to_driver=False, **started)
    alive = options.kill_one

    def on_batch(batch: Mapping[str, Any]) -> None:
        nonlocal alive
        if alive:
            alive = False
            print("killing worker", batch["worker"])
            os.kill(batch["worker"], signal.SIGKILL)

    report = ray.run(options.pictures, str(options.model), options.out, workers=options.workers,
                     threads=options.threads, batch_size=options.batch_size, on_batch=on_batch)
    rate = report.pictures / report.seconds if report.pictures else 0
    print(f"{report.pictures} pictures in {report.seconds:.1f} s ({rate:.1f} a second), {report.skipped} done before, "
          f"{report.failures} not readable, {report.objects} objects in {options.out}")
    if options.coco:
        print(f"{ray.write_coco(options.out, options.coco)} entries in {options.coco}")


if __name__ == "__main__":
    try:
        main(arguments())
    except libiou.IoUError as error:
        sys.exit(f"ray_folder: {error}")
