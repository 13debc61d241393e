"""The names that a tool is asked for, of those that it knows."""

import argparse
import sys
from collections.abc import Iterable


def check_names(arguments: argparse.Namespace, known: Iterable[str]) -> bool:
    """Makes the folder for what `arguments.names` asks. Unknown names end the tool; with `--list`, all are printed, and
    there is nothing else to do: False."""
    if arguments.list:
        print("\n".join(known))
        return False
    for name in arguments.names:
        if name not in known:
            sys.exit(f"run.sh: {name}: expected a name that --list prints")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    return True
