"""What of ONNX's own tests the runtime passes: runs `iourun conformance` and writes docs/conformance.md."""
