internal import CIoU

/// Numbers of one type in a row-major box: an input or an output of a model.
///
/// A tensor owns its bytes; copies share them until one is changed.
public struct Tensor: Hashable, Sendable {
    public let type: ElementType

    /// The sides, outermost first. Empty: a single number.
    public let shape: [Int]

    /// The elements in this machine's byte order.
    public let bytes: [UInt8]

    /// A tensor from raw bytes.
    ///
    /// - Throws: `invalidArgument` where the shape is negative, too large or of more than
    ///   ``maximumRank`` sides, or where `bytes` is not as long as type and shape demand.
    public init(type: ElementType, shape: [Int], bytes: [UInt8]) throws(IoUError) {
        let wanted = try Tensor.byteCount(type: type, shape: shape)
        guard bytes.count == wanted else {
            throw IoUError(
                .invalidArgument,
                "tensor \(type)\(shape): wanted \(wanted) bytes, found \(bytes.count)")
        }
        self.init(type, shape, bytes)
    }

    /// A tensor from numbers, the last side varying fastest.
    ///
    /// - Throws: `invalidArgument` where `values` does not fill `shape`.
    public init<Element: TensorElement>(
        _ values: [Element], shape: [Int]
    ) throws(IoUError) {
        let bytes = values.withUnsafeBytes { [UInt8]($0) }
        try self.init(type: Element.elementType, shape: shape, bytes: bytes)
    }

    /// For bytes that are known to fit.
    init(_ type: ElementType, _ shape: [Int], _ bytes: [UInt8]) {
        self.type = type
        self.shape = shape
        self.bytes = bytes
    }

    /// How many elements there are.
    public var count: Int { bytes.count / type.size }

    /// The elements as Swift numbers.
    ///
    /// - Throws: `invalidArgument` where the tensor holds another type.
    public func values<Element: TensorElement>(
        as _: Element.Type = Element.self
    ) throws(IoUError) -> [Element] {
        guard Element.elementType == type else {
            throw IoUError(
                .invalidArgument, "tensor: wanted \(Element.elementType), found \(type)")
        }
        return [Element](unsafeUninitializedCapacity: count) { target, initialized in
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(target).copyMemory(from: $0) }
            initialized = count
        }
    }
}

extension Tensor {
    /// The most sides that a tensor has.
    public static let maximumRank = Int(IOU_MAX_RANK)

    /// Bytes of a tensor.
    ///
    /// - Throws: `invalidArgument` where there is no such tensor.
    public static func byteCount(type: ElementType, shape: [Int]) throws(IoUError) -> Int {
        guard shape.count <= maximumRank else {
            throw IoUError(
                .invalidArgument,
                "tensor: wanted at most \(maximumRank) sides, found \(shape.count)")
        }
        guard shape.allSatisfy({ $0 >= 0 }) else {
            throw IoUError(.invalidArgument, "tensor: wanted sides of 0 or more, found \(shape)")
        }
        return try product(of: shape, times: type.size)
    }

    /// Zero sides do not excuse the others: their product is still computed.
    private static func product(of shape: [Int], times size: Int) throws(IoUError) -> Int {
        var total = size
        for side in shape where side != 0 {
            let (product, overflow) = total.multipliedReportingOverflow(by: side)
            guard !overflow else {
                throw IoUError(
                    .invalidArgument,
                    "tensor: wanted a size that fits in memory, found shape \(shape)")
            }
            total = product
        }
        return shape.contains(0) ? 0 : total
    }
}
