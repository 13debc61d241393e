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

    func write(_ text: [UInt8]) throws(IoUError) {
        switch self {
        case .standardOutput: try StandardOutput.write(String(decoding: text, as: UTF8.self))
        case .file(let path): try path.write(text)
        }
    }
}
