import ArgumentParser
import IoUConsole

/// Numbers from 0 to 1: separated by commas, or first:last:step.
struct FractionList: ExpressibleByArgument {
    /// At least one, all different.
    let values: [Double]

    init?(argument: String) {
        let values: [Double]?
        if argument.contains(":") {
            values = FractionList.range(argument)
        } else {
            values = FractionList.numbers(argument, separator: ",")
        }
        guard let values, values.allSatisfy((0...1).contains),
            Set(values).count == values.count
        else { return nil }
        self.values = values
    }

    init(_ values: [Double]) {
        self.values = values
    }

    /// The last number too, where steps lead to it. Numbers are what nine digits say, so that 3
    /// steps of 0.1 are 0.3.
    private static func range(_ text: String) -> [Double]? {
        guard let parts = numbers(text, separator: ":"), parts.count == 3,
            parts[0] <= parts[1], parts[2] >= 1e-4
        else { return nil }
        return stride(from: parts[0], through: parts[1] + parts[2] * 1e-6, by: parts[2])
            .compactMap { Double($0.fixed(9)) }
    }

    private static func numbers(_ text: String, separator: Character) -> [Double]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        let values = parts.compactMap { Double($0) }
        return values.count == parts.count ? values : nil
    }

    var defaultValueDescription: String {
        values.map { "\($0)" }.joined(separator: ",")
    }
}
