import ArgumentParser
import Glibc
import IoUServer

/// One line on standard error, and the status that tells wrong usage from work that failed.
enum ToolFailure {
    static func exit(_ error: any Error) -> Never {
        let status = IouServe.exitCode(for: error)
        if let error = error as? ServerError { fail(error.message, 1) }
        if status == .validationFailure {
            let words = IouServe.message(for: error).split(whereSeparator: \.isWhitespace)
            fail("\(words.joined(separator: " ")); see --help", status.rawValue)
        }
        if status == .success { IouServe.exit(withError: error) }
        fail("\(error)", 1)
    }

    private static func fail(_ message: String, _ status: Int32) -> Never {
        let line = Array("iouserve: \(message)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        Glibc.exit(status)
    }
}
