import IoURuntime

/// What no operator passes that computes as it counts: measured on this machine.
struct Ceilings {
    /// In registers.
    let gflops: Double

    /// Billions of bytes a second, from and to memory.
    let bandwidth: Double

    init(_ running: RunArguments) throws(IoUError) {
        gflops = try measurePeak(for: running.sessionOptions())
        bandwidth = try measureBandwidth(threads: running.threads)
    }
}
