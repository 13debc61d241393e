import IoUConsole

/// One line on standard error that says what is being done, where a person is looking.
enum Progress {
    private static let isShown = StandardError.isTerminal

    /// Replaces the line.
    static func report(_ text: String) {
        if isShown { StandardError.write("\r\u{1b}[K\(text) …") }
    }

    /// Removes the line.
    static func finish() {
        if isShown { StandardError.write("\r\u{1b}[K") }
    }
}
