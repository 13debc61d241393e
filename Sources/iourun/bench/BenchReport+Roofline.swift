import IoUConsole
import IoUPlot
import IoURuntime

extension BenchReport {
    /// Writes a PNG file, whole or not at all; nothing where no operators were measured.
    ///
    /// - Throws: `inputOutput`, `outOfMemory`.
    func drawRoofline(to file: FilePath) throws(IoUError) {
        guard let operators, let peakGflops, let bandwidth else { return }
        let name = FilePath(model).title
        let team = threads == 1 ? "1 thread" : "\(threads) threads"
        let roofline = Roofline(
            title:
                "\(name), \(inputs.sides.oneLine), \(team): median \(latency.median.fixed(2)) ms, "
                + "\(gflops.fixed(0)) GFLOP/s",
            peak: peakGflops, bandwidth: bandwidth, steps: operators.map(Roofline.Step.init))
        try roofline.picture().writePNG(to: file)
    }
}

extension Roofline.Step {
    fileprivate init(_ step: OperatorTime) {
        self.init(
            name: step.name, algorithm: "\(step.algorithm), \(step.instructionSet)",
            milliseconds: step.milliseconds, gflop: step.gflop, bytes: step.bytes)
    }
}
