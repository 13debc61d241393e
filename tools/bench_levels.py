"""Times libiou at each level of instructions, and prints OpenBLAS against scalar code and against AVX2.

    python3 tools/bench_levels.py --threads 1 --only R18

Builds what is measured (`make build`, and the library with BLAS=1 beside the plain one), and takes NumPy from
tools/check/.venv. `--help` lists the options.
"""

import os
import pathlib
import subprocess
import sys

TOOLS = pathlib.Path(__file__).resolve().parent


def main() -> None:
    arguments = [a for a in sys.argv[1:] if a != "--no-build"]
    if not {"-h", "--help"} & set(arguments) and len(arguments) == len(sys.argv) - 1:
        for targets in (["build"], ["deps", "lib", "bench-worker", "BLAS=1", "LIB=.build-lib-blas"]):
            subprocess.run(["make", "--no-print-directory", "-C", TOOLS.parent, *targets], check=True,
                           stdout=sys.stderr)
    subprocess.run([TOOLS / "check" / "setup.sh"], check=True, stdout=sys.stderr)
    python = TOOLS / "check" / ".venv" / "bin" / "python"
    environment = dict(os.environ, PYTHONPATH=str(TOOLS))
    os.execve(python, [str(python), "-m", "bench.levels", *arguments], environment)


if __name__ == "__main__":
    main()
