"""Who is measured: libiou through its C library and through iourun, and the peers."""

LIBIOU, IOURUN = "libiou", "iourun bench"
FLOAT = "libiou float32"  # beside quantized files: the C library on the float32 file that they were made of
ONNXRUNTIME, OPENVINO, NCNN = "ONNX Runtime", "OpenVINO", "ncnn"
NNCF = "OpenVINO, NNCF"  # on the file of its own quantizing tool

ENGINES = {ONNXRUNTIME: "onnxruntime", OPENVINO: "openvino", NNCF: "openvino", NCNN: "ncnn"}
PEERS = tuple(ENGINES)

OF_FLOAT = (LIBIOU, IOURUN, ONNXRUNTIME, OPENVINO, NCNN)
OF_INT8 = (LIBIOU, IOURUN, FLOAT, ONNXRUNTIME, OPENVINO, NNCF)
