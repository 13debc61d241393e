/// Nodes in an order in which they can be executed, with their constants, inputs and outputs.
public struct Graph: Hashable, Sendable {
    public var name: String
    public var inputs: [ValueInfo] = []
    public var outputs: [ValueInfo] = []
    public var nodes: [Node] = []
    /// Named constants; one that is also an input is that input's default.
    public var initializers: [TensorLiteral] = []
    public var sparseInitializers: [SparseTensor] = []
    /// What is known of inner values.
    public var valueInfo: [ValueInfo] = []
    public var quantization: [QuantizationAnnotation] = []
    public var documentation = ""
    public var metadata: [Property] = []
    /// Whether the file has the nodes in another order, in which they cannot be executed.
    var isSorted = false
    var unknownFields: [UInt8] = []

    public init(name: String = "") {
        self.name = name
    }
}

/// Names the tensors that hold scale and zero point of another.
public struct QuantizationAnnotation: Hashable, Sendable {
    public var tensor: String
    /// Such as (`SCALE_TENSOR`, name of the tensor).
    public var parameters: [Property]
    var unknownFields: [UInt8] = []

    public init(tensor: String, parameters: [Property]) {
        self.tensor = tensor
        self.parameters = parameters
    }
}
