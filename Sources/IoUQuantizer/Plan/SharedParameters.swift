/// Values that are stored by one scale and zero point, since operators move their bytes from one to the
/// other.
struct SharedParameters {
    private var parents: [String: String] = [:]

    /// The value that stands for all that share with `value`.
    func representative(of value: String) -> String {
        var value = value
        while let parent = parents[value] { value = parent }
        return value
    }

    mutating func join(_ value: String, _ other: String) {
        let (first, second) = (representative(of: value), representative(of: other))
        if first != second { parents[second] = first }
    }
}
