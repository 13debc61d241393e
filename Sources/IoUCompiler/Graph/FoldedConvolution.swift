import IoUGraph

/// A convolution with the weights that a factor and a summand for each channel behind it make of its
/// own: `w' = w · scale` and `b' = b · scale + shift`, in double precision.
struct FoldedConvolution {
    private let conv: Node
    private let graph: EditableGraph
    private let weight: TensorLiteral
    private let weights: [Float]
    private let bias: [Float]
    private let scale: [Double]
    private let shift: [Double]

    /// Of the match's "conv" and "weight"; nil where types or shapes do not fit.
    init?(_ match: Match, scale: [Double], shift: [Double]) {
        conv = match.node("conv")
        graph = match.graph
        weight = match.constant("weight")
        guard let weights = weight.floats, !weights.isEmpty, weight.dimensions.count >= 3,
            let count = conv.outputChannels(weight), scale.count == count, shift.count == count,
            scale.allSatisfy(\.isFinite)
        else { return nil }
        let zeros = [Float](repeating: 0, count: count)
        let bias = conv.input(2).map { match.graph.constant($0)?.floats } ?? zeros
        guard let bias, bias.count == count else { return nil }
        (self.weights, self.bias, self.scale, self.shift) = (weights, bias, scale, shift)
    }

    func patch(output: String) -> Verdict {
        let weightName = graph.freshName("\(weight.name).folded")
        let biasName = graph.freshName("\(weight.name).folded.bias")
        var node = conv
        node.inputs = [conv.inputs[0], weightName, biasName]
        node.outputs = [output]
        let newBias = scale.indices.map { Float(Double(bias[$0]) * scale[$0] + shift[$0]) }
        return .patch(
            Patch(
                nodes: [node],
                constants: [
                    TensorLiteral(weightName, floats: scaledWeights, dimensions: weight.dimensions),
                    TensorLiteral(biasName, floats: newBias, dimensions: [Int64(newBias.count)]),
                ]))
    }

    private var scaledWeights: [Float] {
        let dims = weight.dimensions.map { Int($0) }
        let kernel = dims.dropFirst(2).reduce(1, *)
        let perInput = dims[1]
        let channel: (Int, Int) -> Int
        if conv.type == "Conv" {
            channel = { row, _ in row }
        } else {
            // [C, M / group, …]: output channel m of the group that input channel c is in.
            let inputsInGroup = dims[0] / (scale.count / perInput)
            channel = { row, column in row / inputsInGroup * perInput + column }
        }
        var result = weights
        for row in 0..<dims[0] {
            for column in 0..<perInput {
                let factor = scale[channel(row, column)]
                let first = (row * perInput + column) * kernel
                for index in first..<first + kernel {
                    result[index] = Float(Double(weights[index]) * factor)
                }
            }
        }
        return result
    }
}

extension Node {
    /// Output channels of a Conv or ConvTranspose; nil when weights and group do not fit.
    func outputChannels(_ weight: TensorLiteral) -> Int? {
        if type == "Conv" { return Int(exactly: weight.dimensions[0]) }
        let group = Int(int("group") ?? 1)
        let (inputs, outputs) = (Int(weight.dimensions[0]), Int(weight.dimensions[1]))
        guard group > 0, outputs > 0, inputs % group == 0 else { return nil }
        let (channels, overflow) = outputs.multipliedReportingOverflow(by: group)
        return overflow ? nil : channels
    }
}
