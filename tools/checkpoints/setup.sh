#!/bin/sh
# Creates tools/checkpoints/.venv with what the sources need, and in folders of it the packages that are there in several
# versions or without their compiled parts; does nothing when all is up to date.
set -eu
cd "$(dirname "$0")"
../make_venv.sh "$PWD"
pip="nice .venv/bin/pip --quiet --disable-pip-version-check"

# separate FOLDER PACKAGE...: installs packages without their dependencies into .venv/FOLDER.
separate() {
    folder=.venv/$1
    shift
    if [ "$(cat "$folder/installed.txt" 2>/dev/null)" != "$*" ]; then
        rm -rf "$folder"
        $pip install --no-deps --no-build-isolation --target "$folder" "$@"
        echo "$*" >"$folder/installed.txt"
    fi
}

# The same of a package whose compiled part lacks its sources: its Python files alone.
separate_python() {
    folder=.venv/$1
    if [ "$(cat "$folder/installed.txt" 2>/dev/null)" != "$2" ]; then
        rm -rf "$folder"
        mkdir "$folder"
        $pip download --no-deps --no-build-isolation --no-binary :all: --dest "$folder" "$2"
        tar -xzf "$folder"/*.tar.gz -C "$folder" --strip-components 1
        echo "$2" >"$folder/installed.txt"
    fi
}

separate mmdetection3 mmdet==3.3.0 mmcv-lite==2.1.0
separate mmdetection2 mmdet==2.28.2 mmcv==1.7.2
separate detectron2 fvcore==0.1.5.post20221221 iopath==0.1.10
separate_python detectron2-python detectron2-cdo==0.5
