import Glibc
import IoURuntime

/// What went wrong, reported on standard error in one line.
package enum Failure {
    /// A path has at most 4096 bytes, and room beside another.
    private static let longest = 8500

    /// Takes the place of what ``Progress`` shows.
    ///
    /// - Parameter tool: The name of the program that reports it.
    package static func report(_ message: String, by tool: String) {
        Progress.clear()
        StandardError.write("\(tool): \(message.shortened(to: longest).oneLine)\n")
    }

    /// Something that the user may want to know, in one line; the work goes on.
    package static func note(_ remark: String, by tool: String) {
        report("note: \(remark)", by: tool)
    }
}

/// Standard error; that it cannot be written is nobody's to hear.
package enum StandardError {
    package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    package static func write(_ text: String) {
        try? FilePath.write(Array(text.utf8), to: STDERR_FILENO)
    }
}
