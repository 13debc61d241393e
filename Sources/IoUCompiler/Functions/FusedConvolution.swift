import IoUGraph

/// A convolution with what follows it as one operator of the domain `ai.iou`, defined by a function
/// in standard operators.
///
/// There is one function for every combination, because a function's attribute cannot choose an
/// operator. Inputs: X, W, then B, R (what is added), and the limits of Clip, as far as the
/// combination has them. Output: Y.
struct FusedConvolution: Hashable {
    static let domain = "ai.iou"
    static let version: Int64 = 1

    var hasBias: Bool
    var addsResidual: Bool
    var activation: Activation?

    enum Activation: String, CaseIterable {
        case relu = "Relu"
        case clip = "Clip"
        case sigmoid = "Sigmoid"
        case silu = "SiLU"
        case leakyRelu = "LeakyRelu"
        case hardSwish = "HardSwish"

        /// Attributes of the operator, with ONNX's number of their type.
        var attributes: [(name: String, kind: Int32)] {
            self == .leakyRelu ? [("alpha", 1)] : []
        }

        /// The first opset with the operator in the form that the functions use.
        var firstOpset: Int64 {
            switch self {
            case .clip: 11
            case .hardSwish: 14
            default: 6
            }
        }
    }

    /// Such as `ConvAddRelu`.
    var name: String {
        "Conv" + (hasBias ? "" : "NoBias") + (addsResidual ? "Add" : "")
            + (activation?.rawValue ?? "")
    }

    var inputs: [String] {
        ["X", "W"] + (hasBias ? ["B"] : []) + (addsResidual ? ["R"] : [])
            + (activation == .clip ? ["min", "max"] : [])
    }

    /// Attributes of the convolution, all of which every call gives; 7 is ONNX's number of INTS.
    static let convAttributes: [(name: String, kind: Int32)] = [
        ("dilations", 7), ("group", 2), ("kernel_shape", 7), ("pads", 7), ("strides", 7),
    ]

    /// Every combination.
    static var all: [FusedConvolution] {
        let activations: [Activation?] = [nil] + Activation.allCases
        return [true, false].flatMap { bias in
            [true, false].flatMap { residual in
                activations.compactMap { activation in
                    !residual && activation == nil
                        ? nil
                        : FusedConvolution(
                            hasBias: bias, addsResidual: residual, activation: activation)
                }
            }
        }
    }

    /// The definition, in operators of an opset.
    func function(opset: Int64) -> Function {
        var function = Function(name: name, domain: Self.domain)
        function.inputs = inputs
        function.outputs = ["Y"]
        let own = activation?.attributes ?? []
        function.attributes = (Self.convAttributes + own).map(\.name)
        function.operatorSets = [OperatorSet(domain: "", version: opset)]
        function.nodes = body
        return function
    }

    private var body: [Node] {
        let isLast = !addsResidual && activation == nil
        var nodes = [
            Node(
                "Conv", inputs: hasBias ? ["X", "W", "B"] : ["X", "W"],
                outputs: [isLast ? "Y" : "convolved"],
                attributes: Self.references(Self.convAttributes))
        ]
        var value = "convolved"
        if addsResidual {
            let output = activation == nil ? "Y" : "added"
            nodes.append(Node("Add", inputs: [value, "R"], outputs: [output]))
            value = output
        }
        guard let activation else { return nodes }
        if activation == .silu {
            nodes.append(Node("Sigmoid", inputs: [value], outputs: ["gate"]))
            nodes.append(Node("Mul", inputs: [value, "gate"], outputs: ["Y"]))
            return nodes
        }
        nodes.append(
            Node(
                activation.rawValue,
                inputs: [value] + (activation == .clip ? ["min", "max"] : []), outputs: ["Y"],
                attributes: Self.references(activation.attributes)))
        return nodes
    }

    private static func references(_ attributes: [(name: String, kind: Int32)]) -> [Attribute] {
        attributes.map { Attribute($0.name, .reference(name: $0.name, kind: $0.kind)) }
    }
}
