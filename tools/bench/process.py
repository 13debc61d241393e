"""A side's process: started, asked for one run at a time, read out."""

import json
import pathlib
import subprocess
import tempfile
import time

PATIENCE = 10  # seconds to end in, once it is time


class SideFailed(Exception):
    """A side cannot run the case; the text says why, in one line."""


class SideProcess:
    """Starts `command`, which speaks the protocol of bench_libiou.c, and waits for its first result."""

    def __init__(self, command: list):
        self._said = tempfile.TemporaryFile()
        spawned = time.monotonic_ns()
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            bufsize=1,
        )
        facts = json.loads(self._answer())
        self.version: str = facts["version"]
        self.load_ms: float = facts["load_ms"]
        self.import_ms = (facts["imported_ns"] - spawned) * 1e-6
        self.start_ms = (facts["first_ns"] - spawned) * 1e-6

    def run(self) -> float:
        """Milliseconds of one run."""
        return float(self._ask("run"))

    def outputs(self, prefix: pathlib.Path) -> int:
        """Writes PREFIX.0.f32, …; returns how many."""
        return int(self._ask(f"outputs {prefix}"))

    def peak_memory(self) -> int:
        """Bytes at most held in memory so far."""
        for line in open(f"/proc/{self._process.pid}/status", encoding="utf-8"):
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return 0

    def close(self) -> None:
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        self._end()
        self._process.stdout.close()
        self._said.close()

    def _end(self) -> int:
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _ask(self, command: str) -> str:
        try:
            print(command, file=self._process.stdin)
        except BrokenPipeError:
            pass
        return self._answer()

    def _answer(self) -> str:
        line = self._process.stdout.readline()
        if line:
            return line
        status = self._end()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()
        raise SideFailed(said[-1] if said else f"ended with status {status}")
