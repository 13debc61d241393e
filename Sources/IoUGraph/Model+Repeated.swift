extension Model {
    /// What is odd in the file and harms nothing, one line each: what it says twice, lists of nodes
    /// that were sorted.
    public var notes: [String] {
        OperatorSet.notes(of: operatorSets, in: "the model")
            + functions.flatMap { OperatorSet.notes(of: $0.operatorSets, in: $0.label) }
            + metadata.map(\.key).repeated.map {
                "metadata key '\($0.shortened)' appears twice, the last value counts"
            }
            + graph.outputs.map(\.name).repeated.map { "output '\($0.shortened)' is listed twice" }
            + orderNotes
    }

    /// Says once what the head of the file says twice: operator sets and metadata.
    public mutating func removeRepeated() {
        operatorSets = operatorSets.withoutRepeated
        for index in functions.indices {
            functions[index].operatorSets = functions[index].operatorSets.withoutRepeated
        }
        var last: [String: Property] = [:]
        for property in metadata { last[property.key] = property }
        metadata = metadata.compactMap { last.removeValue(forKey: $0.key) }
    }
}

extension OperatorSet {
    fileprivate static func notes(of sets: [OperatorSet], in place: String) -> [String] {
        sets.map(\.title).repeated.map {
            "operator set '\($0)' is imported twice by \(place)"
        }
    }
}

extension [OperatorSet] {
    fileprivate var withoutRepeated: [OperatorSet] {
        var domains: Set<String> = []
        return filter { domains.insert(Node.plainDomain($0.domain)).inserted }
    }
}

extension [String] {
    /// What occurs more than once, each once.
    fileprivate var repeated: [String] {
        var seen: Set<String> = []
        var reported: Set<String> = []
        return filter { !seen.insert($0).inserted && reported.insert($0).inserted }
    }
}
