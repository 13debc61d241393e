import Glibc
import IoUConsole

/// A scale from a range of values to a range of places, both even.
package struct LinearAxis {
    /// Not empty.
    let values: ClosedRange<Double>
    let first, last: Double
    /// Between labelled ticks: 1, 2 or 5 times a power of ten.
    let step: Double

    /// - Parameters:
    ///   - first: The place of the least value, `last` that of the greatest.
    ///   - most: How many ticks have room.
    package init(_ values: ClosedRange<Double>, from first: Double, to last: Double, most: Int) {
        self.values = values
        self.first = first
        self.last = last
        step = LinearAxis.step(values.upperBound - values.lowerBound, most: most)
    }

    /// The least range that begins and ends at ticks, holds all `values`, and is not empty.
    static func range(of values: [Double], most: Int) -> ClosedRange<Double> {
        let least = values.min() ?? 0
        let greatest = max(values.max() ?? 1, least + 0.01)
        let step = step(greatest - least, most: most)
        return floor(least / step + 1e-9) * step...ceil(greatest / step - 1e-9) * step
    }

    private static func step(_ length: Double, most: Int) -> Double {
        let least = length / Double(max(most - 1, 1))
        let power = pow(10, floor(log10(least)))
        let factor = [1.0, 2, 5].first { $0 * power >= least * (1 - 1e-9) }
        return (factor ?? 10) * power
    }

    package func place(_ value: Double) -> Double {
        let share = (value - values.lowerBound) / (values.upperBound - values.lowerBound)
        return first + share * (last - first)
    }

    package var ticks: [Tick] {
        let digits = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
        let numbers = ceil(values.lowerBound / step - 1e-9)...floor(values.upperBound / step + 1e-9)
        return stride(from: numbers.lowerBound, through: numbers.upperBound, by: 1).map { number in
            let value = number * step + 0  // 0 has no sign
            return Tick(place: place(value), label: value.fixed(digits))
        }
    }
}
