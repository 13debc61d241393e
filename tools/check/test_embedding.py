"""libiou as a program meets it: installed under an empty prefix that is then moved, its symbols, what it needs and its
sizes, which are those that README tells; the examples built through pkg-config and CMake, shared and static, with gcc
and clang; the boxes that they print against those of iourun; what iou.h promises of threads, memory, fork and bad input
(embedding/), with OpenMP and with plain threads. With --full, the latter under the thread sanitizer and the address
sanitizer too.
"""

import fcntl
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import pytest
from libiou import ROOT
from tally import Tally

# What is installed is built once.
pytestmark = [pytest.mark.first, pytest.mark.xdist_group("embedding")]
MODEL, PICTURE = ROOT / "models/blood-cells.onnx", ROOT / "Examples/smear.png"
EMBEDDING = ROOT / "tools/check/embedding"
PROMISES = ("embedding_check", "embedded_run", "promised_threads", "promised_memory",
            "promised_handles", "promised_refusals", "promised_pictures", "counted_malloc")
SYMBOLS = ROOT / "Tests/Golden/libiou-symbols.txt"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
SYSTEM = ("libc.so", "libm.so", "ld-linux", "linux-vdso", "libpthread.so")
MOST_MINIMAL, MOST_FULL = 2_000_000, 10_000_000
MOST_FUNCTIONS, MOST_OF_PICTURES = 40, 10


def run(*command: object, env: dict | None = None, cwd: pathlib.Path = ROOT) -> str:
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                            env={**os.environ, **(env or {})}, cwd=cwd, check=False)
    if result.returncode != 0:
        pytest.fail(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


def check(tally: Tally, name: str, right: bool, found: object = "") -> None:
    tally.add(name, None if right else f"found {found}")


def exported(*arguments: object) -> list[str]:
    """The names that nm shows as defined functions or data."""
    rows = [line.split() for line in run("nm", "--defined-only", *arguments).splitlines()]
    return sorted(row[2] for row in rows if len(row) == 3 and row[1] != "A")


def check_symbols(tally: Tally, shared: pathlib.Path, static: pathlib.Path) -> None:
    names = [line.split("@@")[0] for line in exported("-D", shared)]
    versioned = [line.replace("@@", " ") for line in exported("-D", shared)]
    listed = SYMBOLS.read_text().splitlines()
    check(tally, "symbols of libiou.so", versioned == listed,
          f"differ from {SYMBOLS.relative_to(ROOT)} by {set(versioned) ^ set(listed)}")
    check(tally, "symbols of libiou.a", exported("-g", static) == names,
          set(exported("-g", static)) ^ set(names))
    pictures = sum(name.startswith("iou_image_") for name in names)
    check(tally, "number of functions", len(names) - pictures <= MOST_FUNCTIONS, len(names) - pictures)
    check(tally, "number of functions of pictures", pictures <= MOST_OF_PICTURES, pictures)


def needs(library: pathlib.Path) -> dict[str, pathlib.Path]:
    """What the loader brings along, without the C library."""
    rows = [line.split() for line in run("ldd", library).splitlines()]
    return {row[0]: pathlib.Path(row[2]) for row in rows
            if len(row) > 2 and not row[0].startswith(SYSTEM)}


def install(folder: pathlib.Path, *options: str) -> pathlib.Path:
    """A prefix that was moved after make had filled it. Only one process builds at a time."""
    with open(pathlib.Path(tempfile.gettempdir()) / "iou-check-install.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run("make", "-j2", "install", "TOOLS=0", f"PREFIX={folder}/first", *options)
    shutil.move(folder / "first", folder / "moved")
    return folder / "moved"


def check_claimed_size(tally: Tally, what: str, claim: str, size: int) -> None:
    """Whether README's number is the size in megabytes, rounded to the digits that it has. Compilers
    and libraries differ a little: three hundredths are let pass."""
    text = " ".join((ROOT / "README.md").read_text().split())
    claimed = re.search(claim, text)
    check(tally, f"README tells {what}", claimed is not None, claim)
    if claimed is not None:
        right = abs(float(claimed[1]) * 1e6 - size) < 0.03 * size
        check(tally, f"README's {what}", right, f"{claimed[1]} MB, but it is {size / 1e6:.3f} MB")


def check_full(tally: Tally, prefix: pathlib.Path) -> None:
    shared = (prefix / "lib/libiou.so").resolve()
    check_symbols(tally, shared, prefix / "lib/libiou.a")
    others = needs(shared)
    strange = [name for name in others if "swift" in name or "protobuf" in name or "cairo" in name]
    check(tally, "what libiou.so needs", not strange, strange)
    size = sum(path.stat().st_size for path in [shared, *map(pathlib.Path.resolve,
                                                             others.values())])
    check(tally, "size of the full build", size < MOST_FULL, size)
    check_claimed_size(tally, "size of libiou.so", r"([\d.]+) MB with all kernels", shared.stat().st_size)
    check_claimed_size(tally, "size with what it needs", r"([\d.]+) MB with OpenMP and the picture libraries", size)
    print(f"full: libiou.so {shared.stat().st_size:,} bytes, {size:,} with {', '.join(others)}")


def check_minimal(tally: Tally, prefix: pathlib.Path) -> None:
    shared = (prefix / "lib/libiou.so").resolve()
    check(tally, "what the minimal libiou.so needs", not needs(shared), needs(shared))
    check(tally, "size of the minimal build", shared.stat().st_size < MOST_MINIMAL,
          shared.stat().st_size)
    check_claimed_size(tally, "size of the minimal build", r"([\d.]+) MB and nothing else",
                       shared.stat().st_size)
    check(tally, "the minimal build has no pictures", not (prefix / "include/iou/image.h").exists())
    print(f"minimal: libiou.so {shared.stat().st_size:,} bytes")


def pkg_config(prefix: pathlib.Path, *options: str) -> list[str]:
    return run("pkg-config", *options, "--cflags", "--libs", "iou",
               env={"PKG_CONFIG_PATH": f"{prefix}/lib/pkgconfig"}).split()


def build_examples(prefix: pathlib.Path, folder: pathlib.Path) -> dict[str, list[object]]:
    """Commands by the way they were built."""
    flags = [*pkg_config(prefix), f"-Wl,-rpath,{prefix}/lib"]
    static = ["-l:libiou.a" if flag == "-liou" else flag
              for flag in pkg_config(prefix, "--static")]
    commands = {}
    for language, compilers, source, standard in (
            ("c", ("gcc", "clang"), "c/detect.c", "-std=c11"),
            ("c++", ("g++", "clang++"), "cpp/detect.cpp", "-std=c++17")):
        for compiler in compilers:
            for kind, links in (("shared", flags), ("static", static)):
                program = folder / f"{compiler}-{kind}"
                run(compiler, standard, *WARNINGS, ROOT / "Examples" / source, *links, "-o",
                    program)
                commands[f"{language}, pkg-config, {compiler}, {kind}"] = [program]
    for language in ("c", "cpp"):
        build = folder / f"cmake-{language}"
        run("cmake", "-S", ROOT / "Examples" / language, "-B", build,
            f"-DCMAKE_PREFIX_PATH={prefix}")
        run("cmake", "--build", build)
        commands[f"{language}, cmake"] = [build / "detect"]
    commands["c, cmake, static"] = [folder / "cmake-c/detect-static"]
    return commands


def boxes_of_iourun(folder: pathlib.Path) -> str:
    """What the examples have to print."""
    run(ROOT / ".build/release/iourun", MODEL, PICTURE, "--score-threshold", "0.5", "--json",
        folder / "found.json")
    found = json.loads((folder / "found.json").read_text())["images"][0]["detections"]
    return "".join(f"{one['label']} {one['score']:.3f} "
                   + " ".join(f"{edge:.1f}" for edge in one["box"]) + "\n" for one in found)


def check_examples(tally: Tally, prefix: pathlib.Path, folder: pathlib.Path) -> None:
    expected = boxes_of_iourun(folder)
    for name, command in build_examples(prefix, folder).items():
        printed = run(*command, MODEL, PICTURE)
        check(tally, name, printed == expected and printed, printed)
    refused = subprocess.run([folder / "gcc-shared", PICTURE, PICTURE], capture_output=True,
                             text=True, check=False)
    check(tally, "a model that is a picture", refused.returncode == 1 and "PNG" in refused.stderr,
          refused.stderr)


def check_promises(tally: Tally, name: str, library: pathlib.Path, *flags: str) -> None:
    """Builds the checks of embedding/ against a library and runs them."""
    with tempfile.TemporaryDirectory() as temporary:
        program = pathlib.Path(temporary) / "embedding_check"
        sources = [EMBEDDING / f"{stem}.c" for stem in PROMISES]
        (pathlib.Path(temporary) / "libiou.so.0").symlink_to(library.resolve())
        run("gcc", "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", *flags,
            f"-I{ROOT}/Sources/CIoU/include", *sources, library.resolve(),
            f"-Wl,-rpath,{temporary}", "-lpthread", "-o", program)
        result = subprocess.run([program, MODEL], capture_output=True, text=True, check=False)
        check(tally, f"promises, {name}", result.returncode == 0, result.stdout + result.stderr)


def check_unloading(tally: Tally, library: pathlib.Path, folder: pathlib.Path, threads: int | None) -> None:
    """`threads`: how many may be left; None: OpenMP's runtime keeps its own."""
    program = folder / "unload_check"
    run("gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/Sources/CIoU/include",
        EMBEDDING / "unload_check.c", "-ldl", "-o", program)
    result = subprocess.run([program, library, MODEL], capture_output=True, text=True, check=False)
    left = threads is None or f": {threads} thread" in result.stdout
    check(tally, "unloading", result.returncode == 0 and left, result.stdout + result.stderr)


def check_quotas(tally: Tally, folder: pathlib.Path) -> None:
    """Quotas of groups in groups, of both versions."""
    program = folder / "quota_check"
    run("gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/Sources/CIoU",
        EMBEDDING / "quota_check.c", ROOT / "Sources/CIoU/core/cgroup.c", "-o",
        program)
    cases = [  # lines of the membership, quotas by file, processors
        ("0::/\n", {"cpu.max": "max 100000"}, 0),
        ("0::/\n", {"cpu.max": "150000 100000"}, 2),
        ("0::/a/b\n", {"cpu.max": "max 100000", "a/cpu.max": "300000 100000",
                       "a/b/cpu.max": "800000 100000"}, 3),
        ("0::/a\n", {"b/cpu.max": "100000 100000"}, 0),
        ("4:cpuset:/x\n3:cpu,cpuacct:/a\n0::/\n",
         {"cpu/a/cpu.cfs_quota_us": "50000", "cpu/a/cpu.cfs_period_us": "100000"}, 1),
        ("3:cpu,cpuacct:/a\n",
         {"cpu/a/cpu.cfs_quota_us": "-1", "cpu/a/cpu.cfs_period_us": "100000"}, 0),
        ("no group", {}, 0),
    ]
    for index, (membership, files, expected) in enumerate(cases):
        mount = folder / f"mount{index}"
        for name, text in {"membership": membership, **files}.items():
            (mount / name).parent.mkdir(parents=True, exist_ok=True)
            (mount / name).write_text(text)
        found = run(program, mount / "membership", mount).strip()
        check(tally, f"quota {index}", found == str(expected), found)


def check_misuse_aborts(tally: Tally, folder: pathlib.Path) -> None:
    """A debug build stops where a handle is misused."""
    run("make", "-j2", "lib", "DEBUG=1", "OPENMP=0", "IMAGE=0", "LIB=.build-lib/debug")
    script = f"import ctypes; ctypes.CDLL('{ROOT}/.build-lib/debug/libiou.so')" \
             ".iou_session_run(None, None, 0, None, 0, None, None)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                            cwd=folder, check=False)
    check(tally, "misuse aborts", result.returncode == -6 and "expected a session" in result.stderr,
          (result.returncode, result.stderr))


@pytest.fixture(scope="module")
def full_build(tmp_path_factory) -> pathlib.Path:
    return install(tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="module")
def minimal_build(tmp_path_factory) -> pathlib.Path:
    return install(tmp_path_factory.mktemp("minimal"), "OPENMP=0", "IMAGE=0", "LIB=.build-lib/minimal")


def test_installed(full_build, minimal_build, tally):
    check_full(tally, full_build)
    check_minimal(tally, minimal_build)


def test_examples(full_build, tally, tmp_path):
    check_examples(tally, full_build, tmp_path)


def test_promises(full_build, minimal_build, tally):
    check_promises(tally, "OpenMP", full_build / "lib/libiou.so")
    check_promises(tally, "plain threads", minimal_build / "lib/libiou.so")


def test_quotas(tally, tmp_path):
    check_quotas(tally, tmp_path)


def test_unloading(full_build, minimal_build, tally, tmp_path):
    check_unloading(tally, full_build / "lib/libiou.so", tmp_path, None)
    check_unloading(tally, minimal_build / "lib/libiou.so", tmp_path, 1)


@pytest.mark.full
@pytest.mark.parametrize("sanitizers", ["thread", "address,undefined"])
def test_sanitized_promises(sanitizers, tally):
    build, flag = f".build-lib/{sanitizers.replace(',', '-')}", f"-fsanitize={sanitizers}"
    run("make", "-j2", "lib", "OPENMP=0", "IMAGE=0", f"LIB={build}", f"EXTRA_CFLAGS={flag}")
    check_promises(tally, sanitizers, ROOT / build / "libiou.so", flag, "-DSANITIZED=1")


@pytest.mark.full
def test_misuse_aborts(tally, tmp_path):
    check_misuse_aborts(tally, tmp_path)
