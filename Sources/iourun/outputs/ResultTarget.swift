import ArgumentParser
import IoUConsole
import IoURuntime

/// Where a report goes: a file, or standard output for "-".
enum ResultTarget: Equatable, ExpressibleByArgument {
    case standardOutput
    case file(FilePath)

    init?(argument: String) {
        guard argument != "-" else {
            self = .standardOutput
            return
        }
        guard let path = FilePath(argument: argument) else { return nil }
        self = .file(path)
    }

    var file: FilePath? {
        if case .file(let path) = self { path } else { nil }
    }

    /// Fails now where a file could only fail later, after long work.
    ///
    /// - Throws: `invalidArgument` where the file is an input; `inputOutput`.
    func check(sparing inputs: FileGuard) throws(IoUError) {
        guard let file else { return }
        try inputs.check(file)
        try file.checkWritable()
    }

    func write(_ text: [UInt8]) throws(IoUError) {
        switch self {
        case .standardOutput: try StandardOutput.write(String(decoding: text, as: UTF8.self))
        case .file(let path): try path.write(text)
        }
    }
}
