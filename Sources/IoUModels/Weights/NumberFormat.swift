/// How a file of weights stores a number.
enum NumberFormat: Hashable, Sendable {
    case float16
    case bfloat16
    case float32
    case float64
    /// No float: the file's own name of it, and its bytes.
    case other(String, size: Int)

    /// Bytes.
    var size: Int {
        switch self {
        case .float16, .bfloat16: 2
        case .float32: 4
        case .float64: 8
        case .other(_, let size): size
        }
    }

    /// The numbers at some places of an array, counted in numbers, as 32-bit floats; nil where they
    /// are no floats. The places must lie within the bytes.
    func floats(
        _ bytes: UnsafeRawBufferPointer, at places: some Sequence<Int>, isBigEndian: Bool = false
    ) -> [Float]? {
        func bits<T: FixedWidthInteger>(_ place: Int, _: T.Type) -> T {
            let value = bytes.loadUnaligned(fromByteOffset: place * T.bitWidth / 8, as: T.self)
            return isBigEndian ? T(bigEndian: value) : T(littleEndian: value)
        }
        switch self {
        case .float16: return places.map { Float(Float16(bitPattern: bits($0, UInt16.self))) }
        case .bfloat16:
            return places.map { Float(bitPattern: UInt32(bits($0, UInt16.self)) << 16) }
        case .float32: return places.map { Float(bitPattern: bits($0, UInt32.self)) }
        case .float64: return places.map { Float(Double(bitPattern: bits($0, UInt64.self))) }
        case .other: return nil
        }
    }
}
