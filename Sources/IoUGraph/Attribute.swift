/// A constant that configures a node.
public struct Attribute: Hashable, Sendable {
    public var name: String
    public var value: Value
    public var documentation = ""
    var unknownFields: [UInt8] = []

    public init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }

    /// What an attribute can hold.
    public enum Value: Hashable, Sendable {
        case float(Float)
        case int(Int64)
        /// Bytes, which are UTF-8 in nearly every file.
        case string([UInt8])
        case tensor(TensorLiteral)
        case sparseTensor(SparseTensor)
        case type(TypeInfo.Described)
        case graph(Graph)
        case floats([Float])
        case ints([Int64])
        case strings([[UInt8]])
        case tensors([TensorLiteral])
        case sparseTensors([SparseTensor])
        case types([TypeInfo.Described])
        case graphs([Graph])
        /// In a function: the value of the call's attribute `name`, of ONNX's type `kind`.
        case reference(name: String, kind: Int32)
        /// A declaration without a value; `kind` is ONNX's number of the type, 0 for none.
        case nothing(kind: Int32)
    }
}

extension Attribute {
    /// Text, as UTF-8.
    public static func text(_ name: String, _ value: String) -> Attribute {
        Attribute(name, .string(Array(value.utf8)))
    }

    /// The graphs that the attribute holds.
    public var graphs: [Graph] {
        switch value {
        case .graph(let graph): [graph]
        case .graphs(let graphs): graphs
        default: []
        }
    }
}
