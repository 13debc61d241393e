/// What an ONNX file holds.
public struct Model: Hashable, Sendable {
    public var irVersion: Int64 = 8
    /// A domain may occur twice, with one version.
    public var operatorSets: [OperatorSet]
    public var producerName = ""
    public var producerVersion = ""
    public var domain = ""
    public var modelVersion: Int64 = 0
    public var documentation = ""
    public var graph: Graph
    /// Of a key that occurs twice, the last value counts: ``metadata(_:)``.
    public var metadata: [Property] = []
    public var training: [TrainingInfo] = []
    public var functions: [Function] = []
    var unknownFields: [UInt8] = []

    /// A model of ONNX's own operators.
    public init(graph: Graph, opset: Int64 = 17) {
        self.graph = graph
        self.operatorSets = [OperatorSet(domain: "", version: opset)]
    }

    /// The version of ONNX's own operators that the model imports; 1 when it says nothing.
    package var opset: Int64 { operatorSets.standardVersion ?? 1 }

    /// Whether a caller may feed another value for an initializer that is an input too, which files
    /// before IR version 4 make of all of them.
    package var isOverridable: Bool { irVersion >= 4 }

    /// The value of a metadata key.
    public func metadata(_ key: String) -> String? {
        metadata.last { $0.key == key }?.value
    }

    /// Replaces the value of a metadata key in its place, or adds the key at the end.
    public mutating func setMetadata(_ key: String, _ value: String) {
        if let index = metadata.lastIndex(where: { $0.key == key }) {
            metadata[index].value = value
        } else {
            metadata.append(Property(key, value))
        }
    }
}

/// The version of a domain's operators.
public struct OperatorSet: Hashable, Sendable {
    /// Empty for ONNX's own.
    public var domain: String
    public var version: Int64
    var unknownFields: [UInt8] = []

    public init(domain: String, version: Int64) {
        self.domain = domain
        self.version = version
    }
}

extension [OperatorSet] {
    /// The version of ONNX's own operators, if they are imported.
    package var standardVersion: Int64? {
        first { Node.plainDomain($0.domain).isEmpty }?.version
    }
}

/// How a model is initialized and stepped during training.
public struct TrainingInfo: Hashable, Sendable {
    public var initialization: Graph?
    public var algorithm: Graph?
    public var initializationBinding: [Property] = []
    public var updateBinding: [Property] = []
    var unknownFields: [UInt8] = []

    public init() {}
}

/// An operator that the file defines by others.
public struct Function: Hashable, Sendable {
    public var name: String
    public var domain: String
    public var overload = ""
    public var inputs: [String] = []
    public var outputs: [String] = []
    /// Attributes that a call must give.
    public var attributes: [String] = []
    /// Attributes with defaults.
    public var defaults: [Attribute] = []
    public var nodes: [Node] = []
    /// Whether the file has the nodes in another order, in which they cannot be executed.
    var isSorted = false
    public var operatorSets: [OperatorSet] = []
    public var valueInfo: [ValueInfo] = []
    public var documentation = ""
    public var metadata: [Property] = []
    var unknownFields: [UInt8] = []

    public init(name: String, domain: String) {
        self.name = name
        self.domain = domain
    }
}
