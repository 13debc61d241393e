import IoUCompiler
import IoUConsole
import IoUGraph

/// What an optimization did, for people.
struct Explanation {
    private let report: Report
    private let before: Model
    private let after: Model

    init(_ report: Report, before: Model, after: Model) {
        self.report = report
        self.before = before
        self.after = after
    }

    /// The places of a rule that are named.
    private static let mostPlaces = 6

    var text: String {
        let entries = report.entries
        let silent = entries.filter { $0.done.isEmpty && $0.refused.isEmpty }.map(\.name)
        let active = entries.filter { !$0.done.isEmpty || !$0.refused.isEmpty }
        let last = silent.isEmpty ? "" : "nothing to do: \(silent.joined(separator: ", "))\n"
        return "\(Self.size(before)) -> \(Self.size(after))\n"
            + active.map(Self.paragraph).joined() + last
    }

    private static func size(_ model: Model) -> String {
        let bytes = model.graph.initializers.reduce(0) { total, tensor in
            if case .bytes(let blob) = tensor.content { total + blob.count } else { total }
        }
        let megabytes = Double(bytes / 10_000) / 100
        return "\(model.graph.nodes.count) nodes, \(megabytes) MB of constants"
    }

    private static func paragraph(_ entry: Report.Entry) -> String {
        var lines = ["\(entry.name): \(entry.summary)"]
        if !entry.done.isEmpty {
            lines.append("    applied \(times(entry.done.count)): \(places(entry.done))")
        }
        for (reason, places) in reasons(entry.refused) {
            lines.append("    refused \(times(places.count)), \(reason): \(Self.places(places))")
        }
        return lines.map { $0.oneLine + "\n" }.joined()
    }

    private static func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }

    private static func places(_ places: [String]) -> String {
        let named = places.prefix(mostPlaces).joined(separator: ", ")
        let rest = places.count - mostPlaces
        return rest > 0 ? "\(named) and \(rest) more" : named
    }

    /// Refusals by reason, in the order in which reasons came.
    private static func reasons(
        _ refusals: [Report.Refusal]
    ) -> [(reason: String, places: [String])] {
        var groups: [(reason: String, places: [String])] = []
        for refusal in refusals {
            if let at = groups.firstIndex(where: { $0.reason == refusal.reason }) {
                groups[at].places.append(refusal.place)
            } else {
                groups.append((refusal.reason, [refusal.place]))
            }
        }
        return groups
    }
}
