import ArgumentParser

/// Numbers from 0 to 1, separated by commas.
struct FractionList: ExpressibleByArgument {
    /// At least one.
    let values: [Double]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let values = parts.compactMap { Double($0) }.filter((0...1).contains)
        guard values.count == parts.count else { return nil }
        self.values = values
    }

    init(_ values: [Double]) {
        self.values = values
    }

    var defaultValueDescription: String {
        values.map { "\($0)" }.joined(separator: ",")
    }
}
