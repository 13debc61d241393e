import IoUGraph

extension Rule {
    /// BatchNormalization behind Conv or ConvTranspose becomes part of its weights:
    /// `w' = w · s` and `b' = (b − mean) · s + beta` with `s = scale / √(variance + epsilon)`,
    /// in double precision (ONNX BatchNormalization, versions 1 to 15, in inference).
    static let foldBatchNorm = Rule(
        "fold-batch-norm", "BatchNormalization goes into the weights of the convolution before it",
        [
            .op(
                "BatchNormalization", as: "norm",
                [
                    .op("Conv", "ConvTranspose", as: "conv", [.value("x"), .constant("weight")]),
                    .constant("scale"), .constant("shift"), .constant("mean"),
                    .constant("variance"),
                ])
        ]
    ) { (match) throws(GraphError) in
        let norm = match.node("norm")
        if let why = norm.isTrainingNorm(match.graph) { return .refused(why) }
        guard let conv = FoldedConvolution(match) else {
            return .refused("weights, bias and statistics of 32-bit floats that fit are expected")
        }
        return conv.patch(output: norm.outputs[0])
    }
}

extension Node {
    /// Why a BatchNormalization is not the one of inference; nil when it is.
    fileprivate func isTrainingNorm(_ graph: EditableGraph) -> String? {
        let trains =
            graph.opset >= 14
            ? int("training_mode") == 1
            : graph.opset < 7
                ? int("is_test") == 0
                : outputs.dropFirst().contains { !$0.isEmpty }
        if trains { return "it computes its statistics (training mode)" }
        if int("spatial") == 0 { return "its statistics are of every position (spatial 0)" }
        return outputs.dropFirst().contains { !$0.isEmpty } ? "its statistics are used" : nil
    }
}

/// A convolution with the weights that a normalization behind it makes of its own.
private struct FoldedConvolution {
    let conv: Node
    let graph: EditableGraph
    let weight: TensorLiteral
    let weights: [Float]
    let bias: [Float]
    let scale: [Double]
    let shift: [Double]
    let norm: Node

    /// Nil where types or shapes do not fit.
    init?(_ match: Match) {
        conv = match.node("conv")
        norm = match.node("norm")
        graph = match.graph
        weight = match.constant("weight")
        guard let weights = weight.floats, !weights.isEmpty, weight.dimensions.count >= 3,
            let gamma = match.constant("scale").floats, let beta = match.constant("shift").floats,
            let mean = match.constant("mean").floats,
            let variance = match.constant("variance").floats
        else { return nil }
        self.weights = weights
        let count = gamma.count
        guard beta.count == count, mean.count == count, variance.count == count,
            conv.outputChannels(weight) == count
        else { return nil }
        let zeros = [Float](repeating: 0, count: count)
        let bias = conv.input(2).map { match.graph.constant($0)?.floats } ?? zeros
        guard let bias, bias.count == count else { return nil }
        self.bias = bias
        let epsilon = norm.float("epsilon") ?? 1e-5
        let factors = (0..<count).map {
            Double(gamma[$0]) / (Double(variance[$0]) + Double(epsilon)).squareRoot()
        }
        guard factors.allSatisfy(\.isFinite) else { return nil }
        scale = factors
        shift = (0..<count).map { Double(beta[$0]) - Double(mean[$0]) * factors[$0] }
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
    fileprivate func outputChannels(_ weight: TensorLiteral) -> Int? {
        if type == "Conv" { return Int(exactly: weight.dimensions[0]) }
        let group = Int(int("group") ?? 1)
        let (inputs, outputs) = (Int(weight.dimensions[0]), Int(weight.dimensions[1]))
        guard group > 0, outputs > 0, inputs % group == 0 else { return nil }
        let (channels, overflow) = outputs.multipliedReportingOverflow(by: group)
        return overflow ? nil : channels
    }
}
