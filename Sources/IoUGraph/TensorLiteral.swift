/// A constant tensor.
public struct TensorLiteral: Hashable, Sendable {
    /// Where the elements are.
    public enum Content: Hashable, Sendable {
        /// Row-major, little-endian, sub-byte types packed from the low bits up.
        case bytes(Blob)
        case strings([[UInt8]])
        /// In another file: ONNX's keys `location`, `offset`, `length`, `checksum`.
        case external([Property])
    }

    /// Empty unless an initializer.
    public var name: String
    public var type: ElementType
    public var dimensions: [Int64]
    public var content: Content
    public var documentation = ""
    public var metadata: [Property] = []
    var unknownFields: [UInt8] = []

    public init(_ name: String, type: ElementType, dimensions: [Int64], content: Content) {
        self.name = name
        self.type = type
        self.dimensions = dimensions
        self.content = content
    }

    /// 32-bit floats. A scalar has no dimensions.
    public init(_ name: String, floats: [Float], dimensions: [Int64]) {
        let bytes = floats.withUnsafeBytes { Array($0) }
        self.init(name, type: .float32, dimensions: dimensions, content: .bytes(Blob(bytes)))
    }

    /// A list of 64-bit integers.
    public init(_ name: String, ints: [Int64]) {
        let bytes = ints.withUnsafeBytes { Array($0) }
        self.init(
            name, type: .int64, dimensions: [Int64(ints.count)], content: .bytes(Blob(bytes)))
    }
}

extension TensorLiteral {
    /// The number of elements; nil on a negative dimension or overflow.
    public var elementCount: Int? {
        var count = 1
        for dimension in dimensions {
            guard let extent = Int(exactly: dimension), extent >= 0 else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            if overflow { return nil }
            count = product
        }
        return count
    }

    /// The elements of a float32 tensor; nil for others.
    public var floats: [Float]? { elements(of: .float32, as: Float.self) }

    /// The elements of an int64 tensor; nil for others.
    public var ints: [Int64]? { elements(of: .int64, as: Int64.self) }

    private func elements<T>(of expected: ElementType, as: T.Type) -> [T]? {
        guard type == expected, case .bytes(let blob) = content else { return nil }
        let size = MemoryLayout<T>.size
        return blob.withUnsafeBytes { bytes in
            (0..<bytes.count / size).map {
                bytes.loadUnaligned(fromByteOffset: $0 * size, as: T.self)
            }
        }
    }
}

/// A constant that is mostly zeros.
public struct SparseTensor: Hashable, Sendable {
    /// The non-zero elements; its name is the tensor's.
    public var values: TensorLiteral?
    /// Their positions.
    public var indices: TensorLiteral?
    public var dimensions: [Int64]
    var unknownFields: [UInt8] = []

    public init(values: TensorLiteral?, indices: TensorLiteral?, dimensions: [Int64]) {
        self.values = values
        self.indices = indices
        self.dimensions = dimensions
    }
}
