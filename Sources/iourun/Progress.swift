import IoUConsole

/// How far a long work has come, on one line of a terminal: count, rate, time left.
struct Progress {
    private let total: Int
    private let work: String
    private let isShown: Bool
    private let start = ContinuousClock.now
    private var shown = ContinuousClock.now - .seconds(1)

    /// Nothing is shown where standard error is no terminal, or where there is hardly any work.
    ///
    /// - Parameter work: What is done, in front of the count.
    init(total: Int, work: String = "") {
        self.total = total
        self.work = work.isEmpty ? "" : "\(work): "
        isShown = total > 3 && StandardError.isTerminal
    }

    /// Shows the state, at most ten times a second.
    mutating func update(done: Int) {
        let now = ContinuousClock.now
        guard isShown, now - shown >= .milliseconds(100) else { return }
        shown = now
        StandardError.write("\r\u{1B}[K" + line(done: done, after: (now - start).seconds))
    }

    /// Makes room for other text.
    mutating func clear() {
        guard isShown else { return }
        StandardError.write("\r\u{1B}[K")
        shown = ContinuousClock.now - .seconds(1)
    }

    private func line(done: Int, after seconds: Double) -> String {
        guard done > 0, seconds > 0 else { return "\(work)\(done) of \(total)" }
        let rate = Double(done) / seconds
        let left = Int((Double(total - done) / rate).rounded(.up))
        let time = "\(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60)"
        return "\(work)\(done) of \(total), \(rate.fixed(1)) a second, \(time) left"
    }
}

extension Duration {
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }

    var milliseconds: Double { seconds * 1e3 }
}
