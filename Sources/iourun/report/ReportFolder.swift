import ArgumentParser
import Glibc
import IoUConsole
import IoURuntime

/// Where `--report` goes: a folder, which is made where it is missing.
struct ReportFolder: ExpressibleByArgument, Equatable {
    let folder: FilePath

    init?(argument: String) {
        guard let folder = FilePath(argument: argument) else { return nil }
        self.folder = folder
    }

    private var page: FilePath { folder.appending("report.html") }
    private var numbers: FilePath { folder.appending("report.json") }

    /// Fails now where the files could only fail later, after long work.
    ///
    /// - Throws: `invalidArgument` where a file is an input; `inputOutput`.
    func check(sparing inputs: FileGuard) throws(IoUError) {
        guard let status = folder.status else {
            var above = folder.parent
            while above.status == nil, above != above.parent { above = above.parent }
            guard above.status?.kind == .folder,
                above.withCString({ access($0, W_OK | X_OK) }) == 0
            else {
                throw IoUError(
                    .inputOutput,
                    "--report: expected a folder '\(above)' that can be written to, found none")
            }
            return
        }
        guard status.kind == .folder else {
            throw IoUError(
                .invalidArgument, "--report: expected a folder, found the file '\(folder)'")
        }
        for file in [page, numbers] {
            try inputs.check(file)
            try file.checkWritable()
        }
    }

    /// Writes both files or none: both are complete before the first takes its name.
    func write(_ page: HTML, _ numbers: [UInt8]) throws(IoUError) {
        try folder.makeFolder()
        let drafts = (page: try FileDraft(of: self.page), numbers: try FileDraft(of: self.numbers))
        try drafts.page.write(Array(page.text.utf8))
        try drafts.numbers.write(numbers)
        try drafts.numbers.keep()
        try drafts.page.keep()
    }
}
