/// What a tool is doing, on one line of a terminal: a step, or count, rate and time left of many.
package struct Progress {
    private let total: Int?
    private let work: String
    private let isShown: Bool
    private let start = ContinuousClock.now
    private var shown = ContinuousClock.now - .seconds(1)

    /// Nothing is shown where standard error is no terminal, or where there is hardly any work.
    ///
    /// - Parameters:
    ///   - total: `nil`: nobody knows.
    ///   - work: What is done, in front of the count.
    package init(total: Int?, work: String = "") {
        self.total = total
        self.work = work.isEmpty ? "" : "\(work): "
        isShown = total ?? .max > 3
    }

    /// Shows the state, at most ten times a second.
    package mutating func update(done: Int) {
        let now = ContinuousClock.now
        guard isShown, now - shown >= .milliseconds(100) else { return }
        shown = now
        Self.replace(line(done: done, after: (now - start).seconds))
    }

    /// Makes room for other text.
    package mutating func clear() {
        guard isShown else { return }
        Self.clear()
        shown = ContinuousClock.now - .seconds(1)
    }

    /// Shows a step that has no count, such as "reading model.onnx".
    package static func show(_ step: String) {
        replace("\(step.shortened(to: 200).oneLine) …")
    }

    package static func clear() {
        replace("")
    }

    private static func replace(_ text: String) {
        if StandardError.isTerminal { StandardError.write("\r\u{1B}[K" + text) }
    }

    private func line(done: Int, after seconds: Double) -> String {
        let count = "\(work)\(done)" + (total.map { " of \($0)" } ?? "")
        guard done > 0, seconds > 0 else { return count }
        let rate = Double(done) / seconds
        guard let total, total >= done else { return "\(count), \(rate.fixed(1)) a second" }
        let left = Int((Double(total - done) / rate).rounded(.up))
        let time = "\(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60)"
        return "\(count), \(rate.fixed(1)) a second, \(time) left"
    }
}
