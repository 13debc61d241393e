"""Builds the extension module libiou._native: the library's objects, as the Makefile compiles them, and what cffi
writes for the declarations of the public headers. Works in .build-python of the repository around this folder."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

from setuptools import setup
from setuptools.command.build_ext import build_ext

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import native  # noqa: E402

WORK = native.ROOT / ".build-python"


def version() -> str:
    found = re.search(r'define IOU_VERSION "(.*)"', (native.HEADERS / "iou/iou.h").read_text())
    assert found
    return found[1]


def objects() -> list[str]:
    """Compiles the library: the minimal build with pictures, on its own thread pool, without the formats whose
    libraries bring many others along. Returns what to link: files, and the libraries beside them."""
    if not (native.ROOT / "Makefile").exists():
        sys.exit(f"libiou: expected the repository around {HERE}, found no {native.ROOT / 'Makefile'}")
    # Options of a `make` around this one are not meant.
    others = {"SAN", "LIB", "FULL", "DEBUG", "EMULATE_AVX512"}
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith(("MAKE", "MFLAGS", "IOU_")) and key not in others}
    made = subprocess.run(
        ["make", f"-j{os.cpu_count()}", "python-objects", "OPENMP=0", "IMAGE=1", "WEBP=1", "TIFF=0", "GIF=0", "BLAS=0",
         f"LIB={WORK.name}/objects"], cwd=native.ROOT, env=environment, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        sys.exit(f"{made.stdout}{made.stderr}\nlibiou: expected a C compiler, make, and the headers of protobuf-c, "
                 f"libpng, libjpeg and libwebp; `make deps` in {native.ROOT} installs them")
    return made.stdout.partition("objects: ")[2].split()


class BuildExtension(build_ext):
    """Links the module from the library's objects."""

    def run(self) -> None:
        for extension in self.extensions:
            extension.extra_objects = objects()
        super().run()


if __name__ == "__main__":
    WORK.mkdir(exist_ok=True)
    shutil.rmtree(WORK / "setuptools", ignore_errors=True)  # else modules that are gone would be packed
    setup(
        version=version(),
        cffi_modules=["native.py:builder"],
        cmdclass={"build_ext": BuildExtension},
        options={"build": {"build_base": str(WORK / "setuptools")}, "egg_info": {"egg_base": str(WORK)},
                 "bdist_wheel": {"py_limited_api": "cp310"}},
    )
