internal import CIoU

/// Measures what no kernel can pass: float32 multiplications and additions in registers, in
/// billions a second, with the threads and the instruction set of `options`.
///
/// Takes about 50 ms; on a busy machine it finds less.
///
/// - Throws: `invalidArgument` for an instruction set that this processor lacks; `outOfMemory`.
package func measurePeak(for options: SessionOptions) throws(IoUError) -> Double {
    var gflops = 0.0
    try IoUError.check { error in
        options.withC { iou_measure_peak($0.pointee.isa, $0.pointee.threads, &gflops, error) }
    }
    return gflops
}

/// Measures how many bytes `threads` (`nil`: the processors that this process may use) move
/// together between the processor and values that no cache holds, in billions a second; two are
/// read for one that is written.
///
/// Takes about half a second and up to 384 MiB.
///
/// - Throws: `invalidArgument`; `outOfMemory`.
package func measureBandwidth(threads: Int?) throws(IoUError) -> Double {
    var gigabytes = 0.0
    try IoUError.check { error in
        iou_measure_bandwidth(Int32(clamping: threads ?? 0), &gigabytes, error)
    }
    return gigabytes
}
