/// The type of a value: a tensor in nearly every graph.
public indirect enum TypeInfo: Hashable, Sendable {
    /// `shape` nil: the rank is unknown.
    case tensor(ElementType, shape: Shape?)
    case sparseTensor(ElementType, shape: Shape?)
    case sequence(Described)
    case map(key: ElementType, value: Described)
    case optional(Described)
    /// A type that is kept as the bytes of its TypeProto.
    case other([UInt8])

    /// A shape with what ONNX lets a file say of its axes.
    public struct Shape: Hashable, Sendable {
        public var dimensions: [Dimension]
        /// One for each axis, or none at all; "" where an axis has none.
        public var denotations: [String]
        var unknownFields: [UInt8] = []

        public init(_ dimensions: [Dimension], denotations: [String] = []) {
            self.dimensions = dimensions
            self.denotations = denotations
        }
    }

    /// A type with its denotation, such as "IMAGE".
    public struct Described: Hashable, Sendable {
        public var type: TypeInfo
        public var denotation: String
        var unknownFields: [UInt8] = []

        public init(_ type: TypeInfo, denotation: String = "") {
            self.type = type
            self.denotation = denotation
        }
    }
}

extension TypeInfo {
    /// A tensor with a known rank.
    public static func tensor(_ element: ElementType, _ dimensions: [Dimension]) -> TypeInfo {
        .tensor(element, shape: Shape(dimensions))
    }

    /// The type of a dense tensor's elements.
    package var element: ElementType? {
        if case .tensor(let element, _) = self { return element }
        return nil
    }

    /// The extents of a dense tensor of known rank.
    public var dimensions: [Dimension]? {
        if case .tensor(_, let shape) = self { return shape?.dimensions }
        return nil
    }
}
