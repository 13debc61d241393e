internal import CIoU

/// The type of a tensor's elements, numbered as ONNX's `TensorProto.DataType`.
///
/// Floating-point types of 16 bits and fewer are held as their codes, and elements of 4 and 2 bits in
/// a byte each: signed integers as an `Int8`, others in the low bits.
public enum ElementType: UInt32, Sendable, CaseIterable, CustomStringConvertible {
    case float32 = 1
    case uint8 = 2
    case int8 = 3
    case uint16 = 4
    case int16 = 5
    case int32 = 6
    case int64 = 7
    case bool = 9
    case float16 = 10
    case float64 = 11
    case uint32 = 12
    case uint64 = 13
    case bfloat16 = 16
    case float8E4M3FN = 17
    case float8E4M3FNUZ = 18
    case float8E5M2 = 19
    case float8E5M2FNUZ = 20
    case uint4 = 21
    case int4 = 22
    case float4E2M1 = 23
    case float8E8M0 = 24
    case uint2 = 25
    case int2 = 26

    /// Bytes of one element.
    public var size: Int {
        switch self {
        case .uint8, .int8, .bool, .uint4, .int4, .uint2, .int2, .float4E2M1: 1
        case .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float8E8M0: 1
        case .uint16, .int16, .float16, .bfloat16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64: 8
        }
    }

    /// The name, such as "float32".
    public var description: String {
        String(cString: iou_type_name(c))
    }

    var c: iou_type { iou_type(rawValue: rawValue) }
}

/// A Swift type whose values are a tensor's elements as they are in memory.
///
/// `Bool` is none, since a byte other than 0 and 1 is no valid `Bool`; its tensors are read as
/// bytes.
public protocol TensorElement: BitwiseCopyable, Sendable {
    static var elementType: ElementType { get }
}

extension Float16: TensorElement {
    public static var elementType: ElementType { .float16 }
}
extension Float: TensorElement { public static var elementType: ElementType { .float32 } }
extension Double: TensorElement { public static var elementType: ElementType { .float64 } }
extension UInt8: TensorElement { public static var elementType: ElementType { .uint8 } }
extension Int8: TensorElement { public static var elementType: ElementType { .int8 } }
extension UInt16: TensorElement { public static var elementType: ElementType { .uint16 } }
extension Int16: TensorElement { public static var elementType: ElementType { .int16 } }
extension UInt32: TensorElement { public static var elementType: ElementType { .uint32 } }
extension Int32: TensorElement { public static var elementType: ElementType { .int32 } }
extension UInt64: TensorElement { public static var elementType: ElementType { .uint64 } }
extension Int64: TensorElement { public static var elementType: ElementType { .int64 } }
