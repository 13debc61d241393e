import Glibc

/// One line on standard error that says what is being done, where a person is looking.
enum Progress {
    private static let isShown = isatty(STDERR_FILENO) == 1

    /// Replaces the line.
    static func report(_ text: String) {
        if isShown { write("\r\u{1b}[K\(text) …") }
    }

    /// Removes the line.
    static func finish() {
        if isShown { write("\r\u{1b}[K") }
    }

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        // A line that cannot be shown is no failure of the work.
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
