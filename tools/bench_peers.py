"""Times detectors in libiou and its peers and prints medians, spread, start, memory and ratios.

    python3 tools/bench_peers.py --threads 2 --only "R50 480x640"

Builds what is measured (`make build lib bench-worker`), creates tools/bench/.venv with the peers and goes on in there.
`--help` lists the options; tools/bench holds the parts.
"""

import os
import pathlib
import subprocess
import sys

TOOLS = pathlib.Path(__file__).resolve().parent


def main() -> None:
    arguments = [a for a in sys.argv[1:] if a != "--no-build"]
    if not {"-h", "--help"} & set(arguments):
        if len(arguments) == len(sys.argv) - 1:
            subprocess.run(["make", "--no-print-directory", "-C", TOOLS.parent, "build", "lib", "bench-worker"],
                           check=True, stdout=sys.stderr)
    subprocess.run([TOOLS / "bench" / "setup.sh"], check=True, stdout=sys.stderr)
    python = TOOLS / "bench" / ".venv" / "bin" / "python"
    environment = dict(os.environ, PYTHONPATH=str(TOOLS))
    os.execve(python, [str(python), "-m", "bench", *arguments], environment)


if __name__ == "__main__":
    main()
