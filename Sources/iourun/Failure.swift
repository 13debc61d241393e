import Glibc
import IoURuntime

/// What went wrong, told on standard error in one line.
enum Failure {
    static func report(_ error: IoUError) {
        report(error.message)
    }

    static func report(_ message: String) {
        StandardError.write("iourun: \(message.oneLine)\n")
    }
}

/// Standard error; that it cannot be written is nobody's to hear.
enum StandardError {
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    static func write(_ text: String) {
        try? FilePath.write(Array(text.utf8), to: STDERR_FILENO)
    }
}
