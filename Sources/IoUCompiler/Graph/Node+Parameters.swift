import IoUGraph

extension Node {
    /// The pads of a convolution or pooling: begins, then ends; nil where they depend on the size.
    func explicitPads(spatialRank: Int) -> [Int64]? {
        let none = [Int64](repeating: 0, count: 2 * spatialRank)
        switch text("auto_pad") {
        case "VALID": return none
        case nil, "", "NOTSET": break
        default: return nil
        }
        guard let pads = ints("pads") else { return none }
        return pads.count == none.count ? pads : nil
    }

    /// The permutation of a Transpose; nil where it is not stated, which reverses the axes.
    var permutation: [Int]? {
        ints("perm").map { $0.map { Int($0) } }
    }

    /// The limits of a Clip of floats: attributes before opset 11, inputs since. Where it has none,
    /// the lowest or the highest finite number is one: infinities do not pass. Nil where one is not
    /// constant.
    func clipLimits(_ graph: EditableGraph) -> (low: Double, high: Double)? {
        let isDouble = graph.elementType(of: inputs[0]) == .float64
        let most = isDouble ? .greatestFiniteMagnitude : Double(Float.greatestFiniteMagnitude)
        func limit(_ name: String, _ index: Int, _ otherwise: Double) -> Double? {
            if graph.opset < 11 { return float(name).map { Double($0) } ?? otherwise }
            guard let value = input(index) else { return otherwise }
            return graph.constant(value)?.singleNumber
        }
        guard let low = limit("min", 1, -most), let high = limit("max", 2, most) else {
            return nil
        }
        return (low, high)
    }
}
