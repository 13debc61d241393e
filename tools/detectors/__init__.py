"""Makes ONNX exports of real detectors and compares how they run; started by tools/detectors/run.sh."""
