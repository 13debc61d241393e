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
        guard let (scale, shift) = norm.scaleAndShift(match),
            let conv = FoldedConvolution(match, scale: scale, shift: shift)
        else {
            return .refused("weights, bias and statistics of 32-bit floats that fit are expected")
        }
        return conv.patch(output: norm.outputs[0])
    }
}

extension Node {
    /// What a BatchNormalization multiplies each channel by, and then adds; nil where statistics
    /// do not fit each other.
    fileprivate func scaleAndShift(_ match: Match) -> (scale: [Double], shift: [Double])? {
        guard let gamma = match.constant("scale").floats, let beta = match.constant("shift").floats,
            let mean = match.constant("mean").floats,
            let variance = match.constant("variance").floats,
            [beta.count, mean.count, variance.count].allSatisfy({ $0 == gamma.count })
        else { return nil }
        let epsilon = Double(float("epsilon") ?? 1e-5)
        let scale = gamma.indices.map {
            Double(gamma[$0]) / (Double(variance[$0]) + epsilon).squareRoot()
        }
        return (scale, gamma.indices.map { Double(beta[$0]) - Double(mean[$0]) * scale[$0] })
    }

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
