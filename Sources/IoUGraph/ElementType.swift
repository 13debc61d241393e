/// The type of a tensor's elements, numbered as ONNX's TensorProto.DataType.
///
/// A number that this library does not know is kept as it is.
public struct ElementType: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    private init(_ rawValue: Int32) {
        self.rawValue = rawValue
    }

    public static let undefined = ElementType(0)
    public static let float32 = ElementType(1)
    public static let uint8 = ElementType(2)
    public static let int8 = ElementType(3)
    public static let uint16 = ElementType(4)
    public static let int16 = ElementType(5)
    public static let int32 = ElementType(6)
    public static let int64 = ElementType(7)
    public static let string = ElementType(8)
    public static let bool = ElementType(9)
    public static let float16 = ElementType(10)
    public static let float64 = ElementType(11)
    public static let uint32 = ElementType(12)
    public static let uint64 = ElementType(13)
    public static let complex64 = ElementType(14)
    public static let complex128 = ElementType(15)
    public static let bfloat16 = ElementType(16)

    private static let bits: [Int32: Int] = [
        1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64,
        14: 64, 15: 128, 16: 16, 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2,
        26: 2,
    ]

    /// Bits of one element; nil for strings and unknown types.
    public var bitWidth: Int? { Self.bits[rawValue] }

    /// Bytes of `count` elements, packed as ONNX packs them; nil for strings, unknown types and
    /// on overflow.
    public func byteCount(_ count: Int) -> Int? {
        guard let bits = bitWidth else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: bits)
        return overflow ? nil : product / 8 + (product % 8 == 0 ? 0 : 1)
    }
}
