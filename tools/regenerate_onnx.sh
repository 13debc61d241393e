#!/bin/sh
# Regenerates the C code of the ONNX format from Sources/CONNX/onnx.proto.
# Needs protoc-c (Debian: protobuf-c-compiler).
set -eu

cd "$(dirname "$0")/../Sources/CONNX"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

protoc-c --c_out="$work" onnx.proto
mv "$work/onnx.pb-c.c" onnx.pb-c.c
mv "$work/onnx.pb-c.h" include/onnx.pb-c.h
