/// What the passes did, for people and for tests.
public struct Report: Sendable {
    /// One pass or rule.
    public struct Entry: Sendable {
        public let name: String
        public let summary: String
        /// What it changed: labels of nodes, or sentences.
        public fileprivate(set) var done: [String] = []
        /// Where it could have been applied and was not, with the reason.
        public fileprivate(set) var refused: [Refusal] = []
    }

    public struct Refusal: Hashable, Sendable {
        /// The label of the node.
        public let place: String
        public let reason: String
    }

    /// In the order of the passes.
    public private(set) var entries: [Entry] = []
    private var places: [String: Int] = [:]

    init() {}

    /// Whether anything was changed.
    public var hasChanges: Bool { entries.contains { !$0.done.isEmpty } }

    /// How much was done so far.
    var changeCount: Int { entries.reduce(0) { $0 + $1.done.count } }

    mutating func declare(_ name: String, _ summary: String) {
        guard places[name] == nil else { return }
        places[name] = entries.count
        entries.append(Entry(name: name, summary: summary))
    }

    mutating func note(_ name: String, _ what: String) {
        if let place = places[name] { entries[place].done.append(what) }
    }

    mutating func refuse(_ name: String, _ place: String, _ reason: String) {
        if let at = places[name] {
            let refusal = Refusal(place: place, reason: reason)
            if !entries[at].refused.contains(refusal) { entries[at].refused.append(refusal) }
        }
    }

    /// Only the refusals of the last round hold.
    mutating func forgetRefusals(of names: [String]) {
        for name in names {
            if let place = places[name] { entries[place].refused = [] }
        }
    }
}
