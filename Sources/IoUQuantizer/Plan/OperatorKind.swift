import IoUCompiler
import IoUGraph

/// What an operator does with quantized operands.
package enum OperatorKind: Sendable {
    /// Multiplies with weights and sums in integers: Conv, ConvTranspose, MatMul, Gemm.
    case product
    /// A function of two elements.
    case combination
    /// A function of one element.
    case function
    /// A function of one element that the operator before it may do while it stores.
    case clamp
    /// Means and blends: the output is within the input's range, but on a grid of its own.
    case average
    /// Moves elements: the output has the input's bytes.
    case move
}

extension OperatorKind {
    private static let kinds: [String: OperatorKind] = [
        "Conv": .product, "ConvTranspose": .product, "MatMul": .product, "Gemm": .product,
        "Add": .combination, "Mul": .combination,
        "Relu": .clamp, "Clip": .clamp,
        "LeakyRelu": .function, "Sigmoid": .function, "Tanh": .function, "HardSigmoid": .function,
        "HardSwish": .function, "Elu": .function, "Gelu": .function, "Mish": .function,
        "Softplus": .function,
        "AveragePool": .average, "GlobalAveragePool": .average,
        "MaxPool": .move, "Concat": .move, "Reshape": .move, "Flatten": .move, "Squeeze": .move,
        "Unsqueeze": .move, "Transpose": .move, "Slice": .move, "Split": .move, "Identity": .move,
        "DepthToSpace": .move, "SpaceToDepth": .move,
    ]

    /// Nil where the operator is computed in floats.
    init?(of node: Node, in index: GraphIndex) {
        guard node.isStandard, let kind = Self.kinds[node.type] ?? Self.resize(node),
            !node.outputs.contains(where: index.isGate)
        else { return nil }
        switch kind {
        case .product:
            guard Product(node, in: index) != nil else { return nil }
        case .clamp:
            guard node.inputs.dropFirst().allSatisfy({ $0.isEmpty || index.constant($0) != nil })
            else { return nil }
        case .move:
            // Indices of elements are none of their bytes.
            guard node.type == "Split" || node.outputs.count == 1 else { return nil }
        default: break
        }
        guard !node.activationInputs(kind, in: index).isEmpty else { return nil }
        self = kind
    }

    private static func resize(_ node: Node) -> OperatorKind? {
        guard node.type == "Resize",
            node.text("coordinate_transformation_mode") != "tf_crop_and_resize"
        else { return nil }
        return switch node.text("mode") ?? "nearest" {
        case "nearest": .move
        case "linear": .average
        default: nil
        }
    }
}

extension Node {
    /// The values that the operator takes as bytes: without constants, each once.
    func activationInputs(_ kind: OperatorKind, in index: GraphIndex) -> [String] {
        let candidates =
            switch kind {
            case .product: type.hasPrefix("Conv") ? inputs.prefix(1) : inputs.prefix(2)
            case .combination: inputs.prefix(2)
            case .move where type == "Concat": inputs[...]
            default: inputs.prefix(1)
            }
        var seen: Set<String> = []
        return candidates.filter {
            index.isActivation($0) && !index.isGate($0) && seen.insert($0).inserted
        }
    }
}

extension GraphIndex {
    /// Whether a value is the Sigmoid of x within SiLU, x · Sigmoid(x), which is one function of x: in
    /// bytes of its own the Sigmoid would be a second loss.
    func isGate(_ value: String) -> Bool {
        guard hasOneReader(value), let producer = producer(of: value),
            nodes[producer].type == "Sigmoid", let reader = readers(of: value).first,
            nodes[reader].type == "Mul"
        else { return false }
        return Set(nodes[reader].inputs) == [value, nodes[producer].inputs[0]]
    }
}
