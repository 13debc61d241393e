import Glibc

/// A logarithmic scale from a range of values to a range of places.
struct LogAxis {
    /// Both above 0.
    let values: ClosedRange<Double>
    let first, last: Double

    /// - Parameter first: The place of the least value, `last` that of the greatest.
    init(_ values: ClosedRange<Double>, from first: Double, to last: Double) {
        self.values = values
        self.first = first
        self.last = last
    }

    /// Where `value` is; values outside of the range are at its ends.
    func place(_ value: Double) -> Double {
        let inside = min(max(value, values.lowerBound), values.upperBound)
        let share =
            (log10(inside) - log10(values.lowerBound))
            / (log10(values.upperBound) - log10(values.lowerBound))
        return first + share * (last - first)
    }

    /// Lines at 1 … 9 times the powers of ten: 1, 2 and 5 have labels, on a long axis only 1.
    var ticks: [Tick] {
        let decades = log10(values.upperBound / values.lowerBound)
        let labelled = decades > 4 ? [1] : [1, 2, 5]
        var ticks: [Tick] = []
        let lowest = Int(floor(log10(values.lowerBound)))
        for power in lowest...max(lowest, Int(floor(log10(values.upperBound)))) {
            for digit in 1...9 {
                let value = Double(digit) * pow(10, Double(power))
                guard values.contains(value) else { continue }
                let label = labelled.contains(digit) ? LogAxis.label(digit, power) : ""
                ticks.append(Tick(place: place(value), label: label))
            }
        }
        return ticks
    }

    private static func label(_ digit: Int, _ power: Int) -> String {
        switch power {
        case 0...4: "\(digit)" + String(repeating: "0", count: power)
        case -3..<0: "0." + String(repeating: "0", count: -power - 1) + "\(digit)"
        default: "\(digit)e\(power)"
        }
    }
}
