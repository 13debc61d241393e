#!/usr/bin/env bash
# Installs the Debian packages that are missing. Quick and silent when nothing is.
set -euo pipefail

packages=(
    libprotobuf-c-dev   # ONNX files
    libomp-dev          # the team of threads
    libpng-dev libjpeg62-turbo-dev libwebp-dev libtiff-dev libgif-dev
    libcairo2-dev fonts-dejavu-core # boxes and their labels
    libexpat1-dev       # VOC's annotations
    libyaml-dev         # YOLO's data sets
    zlib1g-dev          # checkpoints that were packed
    pkg-config cmake g++ binutils # make install, and programs against it
    clang-format        # make lint
    python3-venv        # checks against ONNX Runtime and PyTorch
    qemu-user-static    # and on processors that this one is not
)
[ "${BLAS:-0}" = 0 ] || packages+=(libopenblas-serial-dev)
[ "${VIDEO:-1}" = 0 ] || packages+=(libavformat-dev libavcodec-dev libavutil-dev libswscale-dev) # videos
[ "${SERVE:-0}" = 0 ] || packages+=(chromium chromium-driver iproute2) # the server's page, and its sockets

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "install_dependencies: please install the equivalents of: ${missing[*]}" >&2
    exit 1
fi
echo "Installing: ${missing[*]}"
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null
