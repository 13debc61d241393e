"""libiou as a program meets it: installed under an empty prefix that is then moved, its symbols,
what it needs and its sizes, which are those that README tells; the examples built through pkg-config and CMake, shared and static,
with gcc and clang; the boxes that they print against those of iourun; what iou.h promises of
threads, memory, fork and bad input (embedding/), with OpenMP and with plain threads. With --full,
the latter under the thread sanitizer and the address sanitizer too.

    check_embedding.py [--full]
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL, PICTURE = ROOT / "models/blood-cells.onnx", ROOT / "Examples/smear.png"
EMBEDDING = ROOT / "tools/check/embedding"
PROMISES = ("embedding_check", "embedded_run", "promised_threads", "promised_memory",
            "promised_refusals", "promised_pictures", "counted_malloc")
SYMBOLS = ROOT / "Tests/Golden/libiou-symbols.txt"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
SYSTEM = ("libc.so", "libm.so", "ld-linux", "linux-vdso", "libpthread.so")
MOST_MINIMAL, MOST_FULL = 1_500_000, 10_000_000
MOST_FUNCTIONS = 40

failures = []


def check(name: str, right: bool, found: object = "") -> None:
    if not right:
        failures.append(name)
        print(f"FAILED {name}: {found}")


def run(*command: object, env: dict | None = None, cwd: pathlib.Path = ROOT) -> str:
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                            env={**os.environ, **(env or {})}, cwd=cwd, check=False)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


def exported(*arguments: object) -> list[str]:
    """The names that nm shows as defined functions or data."""
    rows = [line.split() for line in run("nm", "--defined-only", *arguments).splitlines()]
    return sorted(row[2] for row in rows if len(row) == 3 and row[1] != "A")


def check_symbols(shared: pathlib.Path, static: pathlib.Path) -> None:
    names = [line.split("@@")[0] for line in exported("-D", shared)]
    versioned = [line.replace("@@", " ") for line in exported("-D", shared)]
    listed = SYMBOLS.read_text().splitlines()
    check("symbols of libiou.so", versioned == listed,
          f"differ from {SYMBOLS.relative_to(ROOT)} by {set(versioned) ^ set(listed)}")
    check("symbols of libiou.a", exported("-g", static) == names,
          set(exported("-g", static)) ^ set(names))
    check("number of functions", len(names) <= MOST_FUNCTIONS, len(names))


def needs(library: pathlib.Path) -> dict[str, pathlib.Path]:
    """What the loader brings along, without the C library."""
    rows = [line.split() for line in run("ldd", library).splitlines()]
    return {row[0]: pathlib.Path(row[2]) for row in rows
            if len(row) > 2 and not row[0].startswith(SYSTEM)}


def install(folder: pathlib.Path, *options: str) -> pathlib.Path:
    """A prefix that was moved after make had filled it."""
    run("make", "-j2", "install", f"PREFIX={folder}/first", *options)
    shutil.move(folder / "first", folder / "moved")
    return folder / "moved"


def check_claimed_size(what: str, claim: str, size: int) -> None:
    """Whether README's number is the size in megabytes, rounded to the digits that it has. Compilers
    and libraries differ a little: three hundredths are let pass."""
    text = " ".join((ROOT / "README.md").read_text().split())
    claimed = re.search(claim, text)
    check(f"README tells {what}", claimed is not None, claim)
    if claimed is not None:
        right = abs(float(claimed[1]) * 1e6 - size) < 0.03 * size
        check(f"README's {what}", right, f"{claimed[1]} MB, but it is {size / 1e6:.3f} MB")


def check_full(prefix: pathlib.Path) -> None:
    shared = (prefix / "lib/libiou.so").resolve()
    check_symbols(shared, prefix / "lib/libiou.a")
    others = needs(shared)
    strange = [name for name in others if "swift" in name or "protobuf" in name or "cairo" in name]
    check("what libiou.so needs", not strange, strange)
    size = sum(path.stat().st_size for path in [shared, *map(pathlib.Path.resolve,
                                                             others.values())])
    check("size of the full build", size < MOST_FULL, size)
    check_claimed_size("size of libiou.so", r"([\d.]+) MB with all kernels", shared.stat().st_size)
    check_claimed_size("size with what it needs", r"([\d.]+) MB with OpenMP and the picture libraries", size)
    print(f"full: libiou.so {shared.stat().st_size:,} bytes, {size:,} with {', '.join(others)}")


def check_minimal(prefix: pathlib.Path) -> None:
    shared = (prefix / "lib/libiou.so").resolve()
    check("what the minimal libiou.so needs", not needs(shared), needs(shared))
    check("size of the minimal build", shared.stat().st_size < MOST_MINIMAL,
          shared.stat().st_size)
    check_claimed_size("size of the minimal build", r"([\d.]+) MB and nothing else",
                       shared.stat().st_size)
    check("the minimal build has no pictures", not (prefix / "include/iou/image.h").exists())
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
    commands["python"] = [sys.executable, ROOT / "Examples/python/detect.py"]
    return commands


def boxes_of_iourun(folder: pathlib.Path) -> str:
    """What the examples have to print."""
    run(ROOT / ".build/release/iourun", MODEL, PICTURE, "--score-threshold", "0.5", "--json",
        folder / "found.json")
    found = json.loads((folder / "found.json").read_text())["images"][0]["detections"]
    return "".join(f"{one['label']} {one['score']:.3f} "
                   + " ".join(f"{edge:.1f}" for edge in one["box"]) + "\n" for one in found)


def check_examples(prefix: pathlib.Path, folder: pathlib.Path) -> None:
    wanted = boxes_of_iourun(folder)
    for name, command in build_examples(prefix, folder).items():
        printed = run(*command, MODEL, PICTURE, env={"LIBIOU": f"{prefix}/lib/libiou.so.0"})
        check(name, printed == wanted and printed, printed)
    refused = subprocess.run([folder / "gcc-shared", PICTURE, PICTURE], capture_output=True,
                             text=True, check=False)
    check("a model that is a picture", refused.returncode == 1 and "PNG" in refused.stderr,
          refused.stderr)


def check_promises(name: str, library: pathlib.Path, *flags: str) -> None:
    """Builds the checks of embedding/ against a library and runs them."""
    with tempfile.TemporaryDirectory() as temporary:
        program = pathlib.Path(temporary) / "embedding_check"
        sources = [EMBEDDING / f"{stem}.c" for stem in PROMISES]
        (pathlib.Path(temporary) / "libiou.so.0").symlink_to(library.resolve())
        run("gcc", "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", *flags,
            f"-I{ROOT}/Sources/CIoU/include", *sources, library.resolve(),
            f"-Wl,-rpath,{temporary}", "-lpthread", "-o", program)
        result = subprocess.run([program, MODEL], capture_output=True, text=True, check=False)
        check(f"promises, {name}", result.returncode == 0, result.stdout + result.stderr)


def check_unloading(library: pathlib.Path, folder: pathlib.Path, threads: int | None) -> None:
    """`threads`: how many may be left; None: OpenMP's runtime keeps its own."""
    program = folder / "unload_check"
    run("gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/Sources/CIoU/include",
        EMBEDDING / "unload_check.c", "-ldl", "-o", program)
    result = subprocess.run([program, library, MODEL], capture_output=True, text=True, check=False)
    left = threads is None or f": {threads} thread" in result.stdout
    check("unloading", result.returncode == 0 and left, result.stdout + result.stderr)


def check_quotas(folder: pathlib.Path) -> None:
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
    for index, (membership, files, wanted) in enumerate(cases):
        mount = folder / f"mount{index}"
        for name, text in {"membership": membership, **files}.items():
            (mount / name).parent.mkdir(parents=True, exist_ok=True)
            (mount / name).write_text(text)
        found = run(program, mount / "membership", mount).strip()
        check(f"quota {index}", found == str(wanted), found)


def check_misuse_aborts(folder: pathlib.Path) -> None:
    """A debug build stops where a handle is misused."""
    run("make", "-j2", "lib", "DEBUG=1", "OPENMP=0", "IMAGE=0", "LIB=.build-lib/debug")
    script = f"import ctypes; ctypes.CDLL('{ROOT}/.build-lib/debug/libiou.so')" \
             ".iou_session_run(None, None, 0, None, 0, None, None)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                            cwd=folder, check=False)
    check("misuse aborts", result.returncode == -6 and "expected a session" in result.stderr,
          (result.returncode, result.stderr))


def check_sanitized(folder: pathlib.Path) -> None:
    for name, flag in (("thread sanitizer", "-fsanitize=thread"),
                       ("address sanitizer", "-fsanitize=address,undefined")):
        build = f".build-lib/{flag[11:].replace(',', '-')}"
        run("make", "-j2", "lib", "OPENMP=0", "IMAGE=0", f"LIB={build}", f"EXTRA_CFLAGS={flag}")
        check_promises(name, ROOT / build / "libiou.so", flag, "-DSANITIZED=1")
    check_misuse_aborts(folder)


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        (folder / "full").mkdir()
        (folder / "minimal").mkdir()
        prefix = install(folder / "full")
        check_full(prefix)
        check_examples(prefix, folder)
        minimal = install(folder / "minimal", "OPENMP=0", "IMAGE=0", "LIB=.build-lib/minimal")
        check_minimal(minimal)
        check_promises("OpenMP", prefix / "lib/libiou.so")
        check_promises("plain threads", minimal / "lib/libiou.so")
        check_quotas(folder)
        check_unloading(prefix / "lib/libiou.so", folder, None)
        check_unloading(minimal / "lib/libiou.so", folder, 1)
        if "--full" in sys.argv[1:]:
            check_sanitized(folder)
    print(f"check_embedding: {len(failures)} failures")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
