import IoUGraph

extension Rule {
    /// Mul, Div, Add or Sub of a convolution and a constant, of one number or of one for each
    /// channel, becomes part of its weights: normalizations that an exporter wrote as such.
    static let foldScale = Rule(
        "fold-scale", "products and sums with constants go into the convolution before them",
        [
            .product(conv, .constant("constant"), as: "root"),
            .sum(conv, .constant("constant"), as: "root"),
            .op("Sub", "Div", as: "root", [conv, .constant("constant")]),
        ]
    ) { (match) throws(GraphError) in
        let root = match.node("root")
        guard match.graph.users(of: match.value("weight")).count == 1 else {
            return .refused("the weights serve other convolutions too")
        }
        guard let channels = match.node("conv").outputChannels(match.constant("weight")),
            let numbers = channelNumbers(match, count: channels)
        else { return .refused("one number, or one for each channel, is expected") }
        let ones = [Double](repeating: 1, count: channels)
        let zeros = [Double](repeating: 0, count: channels)
        let (scale, shift) =
            switch root.type {
            case "Mul": (numbers, zeros)
            case "Div": (numbers.map { 1 / $0 }, zeros)
            case "Add": (ones, numbers)
            default: (ones, numbers.map { -$0 })
            }
        guard let conv = FoldedConvolution(match, scale: scale, shift: shift) else {
            return .refused("weights and bias of 32-bit floats that fit are expected")
        }
        return conv.patch(output: root.outputs[0])
    }

    private static let conv = Pattern.op(
        "Conv", "ConvTranspose", as: "conv", [.value("x"), .constant("weight")])

    /// The constant's numbers for each of `count` channels; nil where it has others.
    private static func channelNumbers(_ match: Match, count: Int) -> [Double]? {
        let constant = match.constant("constant")
        guard let floats = constant.floats, floats.allSatisfy(\.isFinite),
            let rank = match.graph.dimensions(of: match.node("conv").outputs[0])?.count,
            constant.dimensions.count <= rank
        else { return nil }
        if floats.count == 1 { return [Double](repeating: Double(floats[0]), count: count) }
        // Broadcasting counts from the last axis.
        let axis = constant.dimensions.count - (rank - 1)
        guard floats.count == count, axis >= 0, constant.dimensions[axis] == Int64(count) else {
            return nil
        }
        return floats.map(Double.init)
    }
}
