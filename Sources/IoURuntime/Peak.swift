internal import CIoU

/// Measures what no kernel can pass: float32 multiplications and additions in registers, in
/// billions a second, with the threads and the instruction set of `options`.
///
/// Takes about 50 ms; on a busy machine it finds less.
///
/// - Throws: `invalidArgument` for an instruction set that this processor lacks; `outOfMemory`.
public func measurePeak(for options: SessionOptions) throws(IoUError) -> Double {
    var gflops = 0.0
    try IoUError.check { error in
        options.withC { iou_measure_peak($0.pointee.isa, $0.pointee.threads, &gflops, error) }
    }
    return gflops
}
