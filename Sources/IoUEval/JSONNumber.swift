/// A number of JSON's grammar, correctly rounded.
struct JSONNumber {
    let value: Double

    /// - Parameters:
    ///   - bytes: Text that ends with a NUL.
    ///   - position: Where the number begins; then, where it ends.
    /// - Returns: `nil` where no number is there.
    init?(_ bytes: [UInt8], _ position: inout Int) {
        let start = position
        var digits = Digits()
        let isNegative = bytes[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let whole = position
        digits.take(bytes, &position)
        guard position > whole, position == whole + 1 || bytes[whole] != UInt8(ascii: "0") else {
            return nil
        }
        if bytes[position] == UInt8(ascii: ".") {
            position += 1
            let fraction = position
            digits.take(bytes, &position)
            guard position > fraction else { return nil }
            digits.exponent -= position - fraction
        }
        if bytes[position] | 0x20 == UInt8(ascii: "e") {
            guard let exponent = JSONNumber.exponent(bytes, &position) else { return nil }
            digits.exponent += exponent
        }
        if let exact = digits.value {
            value = isNegative ? -exact : exact
        } else {
            value = Double(String(decoding: bytes[start..<position], as: UTF8.self)) ?? .nan
        }
    }

    /// Behind "e": a sign and digits, of which many make a number that no Double distinguishes.
    private static func exponent(_ bytes: [UInt8], _ position: inout Int) -> Int? {
        position += 1
        let isNegative = bytes[position] == UInt8(ascii: "-")
        if isNegative || bytes[position] == UInt8(ascii: "+") { position += 1 }
        var digits = Digits()
        let start = position
        digits.take(bytes, &position)
        guard position > start else { return nil }
        let size = digits.isExact ? min(Int(digits.mantissa), 100_000) : 100_000
        return isNegative ? -size : size
    }

    /// Decimal digits as one integer, and the power of ten that goes with them.
    private struct Digits {
        var mantissa: UInt64 = 0
        var exponent = 0

        /// Whether a Double holds the integer.
        var isExact = true

        mutating func take(_ bytes: [UInt8], _ position: inout Int) {
            while true {
                let digit = bytes[position] &- UInt8(ascii: "0")
                guard digit < 10 else { return }
                position += 1
                if isExact { mantissa = mantissa &* 10 &+ UInt64(digit) }
                isExact = isExact && mantissa < 1 << 53
            }
        }

        /// Integer and power are both exact, so that one rounding makes the result (W. D. Clinger,
        /// "How to read floating point numbers accurately", 1990); `nil` elsewhere.
        var value: Double? {
            guard isExact, abs(exponent) < powers.count else { return nil }
            let integer = Double(mantissa)
            return exponent < 0 ? integer / powers[-exponent] : integer * powers[exponent]
        }
    }
}

/// The powers of ten that a Double holds.
private let powers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]
