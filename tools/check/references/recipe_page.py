"""A page of docs/recipes, run word by word and compared with what it says that is printed.

Of a page, in order: blocks of `sh` are commands, which one shell runs in one folder; a block of `text` behind them is
all that they print, on both outputs; a block with a name behind its language (```cpp detect.cpp) is a file that the
reader has saved. In what is printed, `…` stands for the rest of a line, alone in a line for any lines. Numbers with a
point may differ a little, since processors round differently; whole ones may not.
"""

import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping

MOST_COMMANDS = 10
MOST_SECONDS = 300
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```", re.S | re.M)
ELLIPSIS = "…"


@dataclasses.dataclass
class Step:
    """Commands, and the lines that the page says they print; None: it does not say."""

    commands: str
    printed: list[str] | None = None


@dataclasses.dataclass
class Page:
    steps: list[Step]
    files: dict[str, str]

    @classmethod
    def read(cls, path: pathlib.Path) -> "Page":
        page = cls([], {})
        for language, name, content in BLOCK.findall(path.read_text(encoding="utf-8")):
            if name:
                page.files[name] = content
            elif language == "sh":
                page.steps.append(Step(content))
            elif language == "text":
                page.steps[-1].printed = content.splitlines()
        return page

    def command_count(self) -> int:
        """Lines of commands, where a line that goes on is one."""
        lines = "\n".join(step.commands for step in self.steps).replace("\\\n", " ").splitlines()
        return sum(bool(line.strip()) and not line.startswith("#") for line in lines)

    def run(self, folder: pathlib.Path, path: list[pathlib.Path], environment: Mapping[str, str] = os.environ,
            ) -> list[list[str]]:
        """What each step printed, of those that ran; the last has the failure of a command at its end. `path` comes
        before the environment's."""
        for name, content in self.files.items():
            (folder / name).write_text(content, encoding="utf-8")
        end = f"end of {uuid.uuid4()}"
        script = "\n".join(f"{step.commands}echo {end}" for step in self.steps)
        before = os.pathsep.join(map(str, path))
        status, text = run_script(script, folder, {
            **environment, "PATH": f"{before}{os.pathsep}{environment['PATH']}", "LC_ALL": "C.UTF-8"})
        printed = [part.splitlines() for part in text.split(f"{end}\n")]
        if status == 0:
            return printed[:-1]
        printed[-1].append(f"status {status}")
        return printed

    def faults(self, printed: list[list[str]]) -> Iterator[tuple[str, str | None]]:
        """Of every step its commands and what is wrong with what they printed."""
        for number, step in enumerate(self.steps):
            if number >= len(printed):
                yield step.commands, "did not run"
                continue
            found = printed[number]
            if found and re.fullmatch(r"status \d+", found[-1]) and number == len(printed) - 1:
                yield step.commands, "failed: " + "\n".join(found[-20:])
            elif step.printed is not None and not agree(step.printed, found):
                yield step.commands, "\n".join(["the page says", *step.printed, "printed was", *found])
            else:
                yield step.commands, None


def run_script(script: str, folder: pathlib.Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Status and output. Whatever it started ends with it: a failure may leave a server behind, which a pipe would wait
    for."""
    with tempfile.TemporaryFile() as output:
        shell = subprocess.Popen(["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment,
                                 stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                 start_new_session=True)
        try:
            status = shell.wait(MOST_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
        output.seek(0)
        return status, output.read().decode("utf-8", "replace")


def agree(said: list[str], printed: list[str]) -> bool:
    """Whether lines are those of the page; trailing blanks do not count."""
    if not said:
        return not printed
    if said[0].strip() == ELLIPSIS:
        return any(agree(said[1:], printed[start:]) for start in range(len(printed) + 1))
    return bool(printed) and same_line(said[0].rstrip(), printed[0].rstrip()) and agree(said[1:], printed[1:])


def same_line(said: str, printed: str) -> bool:
    if said.endswith(ELLIPSIS):
        words = said.removesuffix(ELLIPSIS).split()
        return all(map(same_word, words, printed.split())) and len(printed.split()) >= len(words)
    words, found = said.split(), printed.split()
    return len(words) == len(found) and all(map(same_word, words, found))


def same_word(said: str, printed: str) -> bool:
    """The same, but for the last digits of numbers with a point."""
    if said == printed:
        return True
    number = re.compile(r"[-+]?\d+\.\d+")
    if number.sub("#", said) != number.sub("#", printed):
        return False
    return all(abs(float(one) - float(other)) <= max(2.5 * 10.0 ** -len(one.split(".")[1]), 5e-3 * abs(float(one)))
               for one, other in zip(number.findall(said), number.findall(printed)))
