import ArgumentParser
import IoUConsole
import IoURuntime

/// `iourun conformance DIR...`
struct Conformance: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs cases in the layout of ONNX's own tests.",
        discussion: """
            A case is a folder with model.onnx and test_data_set_*/{input,output}_*.pb; of other \
            folders, those below are searched. Outputs are compared as ONNX does: \
            |found - expected| <= 1e-7 + 1e-3 * |expected| (bfloat16: 2^-6 * |expected|), or the \
            rtol and atol of the case's data.json; integers exactly; NaN equals NaN. Prints one line \
            for each case: pass, fail: WHY or unsupported: WHY. The exit status is 1 where one \
            fails, and where a folder has no case.
            """)

    @Argument(help: "Folders of cases, or cases.", completion: .directory)
    var folders: [FilePath]

    @Option(
        help: ArgumentHelp(
            "Write JSON to the file; '-': to standard output, instead of the text.",
            valueName: "file"))
    var json: ResultTarget?

    @Option(
        help: ArgumentHelp("The longest that a run may take, in seconds.", valueName: "seconds"))
    var timeout = 60

    @Option(
        help: ArgumentHelp("The most that a case's values may take, in MiB.", valueName: "MiB"))
    var maxMemory = 4096

    @OptionGroup var running: RunArguments

    func validate() throws {
        try (1...86_400).check(timeout, of: "--timeout")
        try (1...1_048_576).check(maxMemory, of: "--max-memory")
    }

    func run() throws {
        let search = ConformanceSearch(folders)
        try json?.check(sparing: FileGuard(search.cases.map(\.model)))
        for failure in search.failures { Failure.report(failure.message, by: "iourun") }
        let report = try judge(search.cases)
        try json?.write(JSON.encode(report, for: "--json"))
        if json != .standardOutput { try StandardOutput.write("\(report.totals)\n") }
        guard report.failed == 0, search.failures.isEmpty else { throw ExitCode(1) }
    }

    private func judge(_ cases: [ConformanceCase]) throws(IoUError) -> ConformanceReport {
        let runner = ConformanceRunner(self)
        var report = ConformanceReport(threads: running.threads, isOptimized: !running.noOptimize)
        var progress = Progress(total: cases.count)
        for (done, one) in cases.enumerated() {
            progress.update(done: done)
            let result = runner.run(one)
            report.cases.append(result)
            guard json != .standardOutput else { continue }
            progress.clear()
            try StandardOutput.write("\(result.line)\n")
        }
        Progress.clear()
        return report
    }
}
