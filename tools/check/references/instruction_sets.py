"""Which levels of instructions the checks ran at: natively, emulated, or not at all on this machine."""

import os
import pathlib

import libiou

LEVELS = ("scalar", "blas", "avx2", "avxvnni", "avx512", "avx512vnni")
WIDE = {"avx512f", "avx512vl", "avx512bw", "avx512dq"}
FLAGS = {"avx2": {"avx2", "fma"}, "avxvnni": {"avx_vnni"}, "avx512": WIDE, "avx512vnni": WIDE | {"avx512_vnni"}}
OLD_PROCESSORS = "test_old_processors.py"


def lines(files: set[str]) -> list[str]:
    """For the end of a report; `files` are those whose tests ran."""
    ran = libiou.available_isas(integers=True)
    native = [level for level in ran if not _lacks(level)]
    emulated = [f"{level} (each vector in halves of AVX2)" for level in ran if _lacks(level)]
    if OLD_PROCESSORS in files:
        emulated.append("x86-64 without AVX (QEMU)")
    missing = [f"{level} ({_why(level)})" for level in LEVELS if level not in ran]
    return [f"{what}: {', '.join(found) or 'none'}"
            for what, found in (("natively", native), ("emulated", emulated), ("not on this machine", missing))]


def _processor_flags() -> set[str]:
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return set(next((line for line in text.splitlines() if line.startswith("flags")), "").split())


def _lacks(level: str) -> bool:
    return not FLAGS.get(level, set()) <= _processor_flags()


def _why(level: str) -> str:
    asked = os.environ.get("IOU_CHECK_ISA") or os.environ.get("IOU_ISA")
    if level == "blas" and libiou.build_part("blas") == "none":
        return "the library was built without BLAS=1"
    if _lacks(level):
        return "the processor lacks it"
    return f"only {asked} was asked for" if asked else "the library refuses it"
