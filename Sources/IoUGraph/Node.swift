/// One application of an operator.
public struct Node: Hashable, Sendable {
    /// For people; need not be unique, may be empty.
    public var name: String
    /// ONNX's name of the operator, such as `Conv`.
    public var type: String
    /// Empty for ONNX's own operators.
    public var domain = ""
    /// Distinguishes functions of one name and domain.
    public var overload = ""
    /// Names of values; "" for an optional input that is left out.
    public var inputs: [String]
    /// Names of values; "" for an optional output that nobody wants.
    public var outputs: [String]
    public var attributes: [Attribute] = []
    public var documentation = ""
    public var metadata: [Property] = []
    var unknownFields: [UInt8] = []

    public init(
        _ type: String, name: String = "", inputs: [String], outputs: [String],
        attributes: [Attribute] = []
    ) {
        self.type = type
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.attributes = attributes
    }

    /// The value of an attribute, if the node has it.
    public func attribute(_ name: String) -> Attribute.Value? {
        attributes.first { $0.name == name }?.value
    }

    /// Whether the operator is one of ONNX's own.
    package var isStandard: Bool { Self.plainDomain(domain).isEmpty }

    /// The domain with one name for ONNX's own operators, "".
    static func plainDomain(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }

    /// How messages call the node: `node 'fpn.p3' (Conv)`.
    public var label: String {
        let what = isStandard ? type : "\(domain).\(type)"
        return "node '\(displayName.shortened)' (\(what.shortened))"
    }

    /// The name, or that of the first output where the file gives none.
    public var displayName: String {
        name.isEmpty ? outputs.first { !$0.isEmpty } ?? "" : name
    }
}

extension String {
    /// For messages that name one thing often: a malformed file may have names of megabytes.
    package var shortened: String {
        if utf8.count <= 200 { return self }
        return String(String.UnicodeScalarView(unicodeScalars.prefix(200))) + "…"
    }
}
