import IoUCompiler
import IoUGraph

/// An operator that multiplies an activation with weights, or with another activation.
struct Product {
    /// Constant weights; nil: both operands are activations.
    let weights: TensorLiteral?
    /// The axis of the weights that the output's channels are; nil: they have one scale.
    let axis: Int?
    /// The constant that is added for each channel, where it can be added to sums of integers.
    let bias: TensorLiteral?

    /// Nil where the operands are not what a byte can be made of.
    init?(_ node: Node, in index: GraphIndex) {
        let isGemm = node.type == "Gemm"
        let operands = node.inputs.prefix(2)
        guard operands.count == 2, index.isActivation(operands[0]) else { return nil }
        guard let tensor = index.constant(operands[1]) else {
            guard !node.type.hasPrefix("Conv"), index.isActivation(operands[1]) else { return nil }
            (weights, axis, bias) = (nil, nil, nil)
            return
        }
        guard tensor.type == .float32, tensor.floats?.allSatisfy(\.isFinite) == true,
            tensor.elementCount ?? 0 > 0
        else { return nil }
        weights = tensor
        let rank = tensor.dimensions.count
        switch node.type {
        case "Conv":
            guard rank >= 3 else { return nil }
            axis = 0
        case "ConvTranspose":
            guard rank >= 3 else { return nil }
            axis = 1
        case "Gemm":
            guard rank == 2 else { return nil }
            axis = node.int("transB") ?? 0 == 0 ? 1 : 0
        default: axis = rank == 2 ? 1 : nil
        }
        let isPlain = !isGemm || (node.float("alpha") ?? 1 == 1 && node.float("beta") ?? 1 == 1)
        let added = isPlain && node.type != "MatMul" ? node.input(2) : nil
        bias = added.flatMap { index.constant($0) }.flatMap { tensor in
            let isWhole = tensor.floats?.allSatisfy(\.isFinite) == true
            return isWhole && tensor.dimensions.count == 1 ? tensor : nil
        }
    }

    /// Multiply-adds of the node for an output of so many elements and a first operand of this shape.
    func multiplyAdds(of node: Node, outputs: Int, operand: [Int]) -> Double {
        switch node.type {
        case "Conv": Double(outputs) * weightsPerRow
        case "ConvTranspose": Double(operand.reduce(1, *)) * weightsPerRow
        default:
            Double(outputs)
                * Double((node.int("transA") ?? 0 == 0 ? operand.last : operand.first) ?? 1)
        }
    }

    /// Weights for each index of their first axis.
    private var weightsPerRow: Double {
        guard let weights else { return 0 }
        return Double(weights.elementCount ?? 0) / Double(max(weights.dimensions[0], 1))
    }
}
