/// The names of values that a graph has, or had while it was rewritten.
package struct UsedNames {
    private var names: Set<String>

    package init(_ names: Set<String>) {
        self.names = names
    }

    package mutating func insert(_ name: String) { names.insert(name) }

    /// A name that nothing has: `base`, or `base.2`, `base.3` …
    package func fresh(_ base: String) -> String {
        if !names.contains(base) { return base }
        // Numbers are given in order: the first free one is found by halving.
        var (taken, free) = (1, 2)
        while names.contains("\(base).\(free)") { (taken, free) = (free, free * 2) }
        while free - taken > 1 {
            let middle = (taken + free) / 2
            if names.contains("\(base).\(middle)") { taken = middle } else { free = middle }
        }
        return "\(base).\(free)"
    }
}
