/// A float whose bits, read as an integer with a sign, are in the order of the numbers.
protocol OrderedFloat: CustomStringConvertible {
    /// Its value, which a `Double` holds exactly.
    var number: Double { get }

    /// Neighbouring numbers have neighbouring places; both zeros have place 0.
    var place: Int64 { get }
}

extension OrderedFloat {
    /// The distance in units in the last place: how many steps from number to number. 0 between
    /// NaN and NaN, the greatest between NaN and a number.
    func ulps(from other: Self) -> UInt64 {
        let lacks = [self, other].count { $0.number.isNaN }
        guard lacks == 0 else { return lacks == 2 ? 0 : .max }
        let (low, high) = place < other.place ? (place, other.place) : (other.place, place)
        return UInt64(bitPattern: high &- low)
    }

    /// Negative numbers are a sign and a magnitude.
    static func place(_ bits: some FixedWidthInteger & SignedInteger) -> Int64 {
        bits < 0 ? -Int64(bits & .max) : Int64(bits)
    }
}

extension Float16: OrderedFloat {
    var number: Double { Double(self) }
    var place: Int64 { Self.place(Int16(bitPattern: bitPattern)) }
}

extension Float: OrderedFloat {
    var number: Double { Double(self) }
    var place: Int64 { Self.place(Int32(bitPattern: bitPattern)) }
}

extension Double: OrderedFloat {
    var number: Double { self }
    var place: Int64 { Self.place(Int64(bitPattern: bitPattern)) }
}
