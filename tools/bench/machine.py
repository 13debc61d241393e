"""The machine, and how quiet it is."""

import os
import pathlib
import platform
import time


class ForeignLoad:
    """Processors in use by others, seen during the pauses between runs."""

    def __init__(self):
        self._busy = self._elapsed = 0.0

    def pause(self, seconds: float) -> None:
        """Sleeps, and looks at the second half: the side before has come to rest."""
        time.sleep(seconds / 2)
        busy, begin = _busy_seconds(), time.monotonic()
        time.sleep(seconds / 2)
        self._busy += _busy_seconds() - busy
        self._elapsed += time.monotonic() - begin

    @property
    def processors(self) -> float:
        return self._busy / self._elapsed if self._elapsed else 0.0


def _busy_seconds() -> float:
    """Processor time spent by anybody, or taken by the host, since the machine began."""
    fields = [int(f) for f in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    user, nice, system, _, _, interrupts, soft_interrupts, stolen = fields
    return (user + nice + system + interrupts + soft_interrupts + stolen) / os.sysconf("SC_CLK_TCK")


def processors() -> int:
    return len(os.sched_getaffinity(0))


def _facts() -> dict[str, str]:
    pairs = (line.split(":", 1) for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}


def _vectors(facts: dict[str, str]) -> str:
    flags = facts.get("flags", "").split()
    return "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else platform.machine()


def _byte_products(facts: dict[str, str]) -> str:
    """What quantized networks are multiplied with, where the processor has it."""
    return " with VNNI" if {"avx_vnni", "avx512_vnni"} & set(facts.get("flags", "").split()) else ""


def kind() -> str:
    """What times depend on: vendor, family, model, widest vectors."""
    facts = _facts()
    return (f"{facts.get('vendor_id', platform.machine())}, family {facts.get('cpu family', '?')}, model "
            f"{facts.get('model', '?')}, {_vectors(facts)}")


def description() -> str:
    """The processor, how many of them, and its widest vectors."""
    facts = _facts()
    return (
        f"{facts.get('model name', platform.machine())} (family {facts.get('cpu family', '?')}, model "
        f"{facts.get('model', '?')}), {_vectors(facts)}{_byte_products(facts)}, {processors()} processors, "
        f"Linux {platform.release().split('-')[0]}"
    )
