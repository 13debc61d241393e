package import IoUGraph
package import IoURuntime
import IoUCompiler

/// Static quantization of a trained detector: activations in uint8 by ranges that pictures show, weights in
/// int8 by a scale for each channel, biases in int32; written as standard QuantizeLinear and
/// DequantizeLinear nodes.
package struct Quantizer: Sendable {
    package var method = CalibrationMethod.mse
    /// Names of nodes that stay in floats, beside those that ``FloatRule`` finds.
    package var kept: [String] = []
    package var options = SessionOptions()

    /// Pictures that the noise of layers is measured on, at most.
    private static let noisePictures = 4

    package init() {}

    /// The quantized model, and what was decided for each of its layers.
    ///
    /// Throws `GraphError` where the model cannot be quantized, `IoUError` where a picture or a run fails.
    package func quantize(
        _ model: IoUGraph.Model, _ pictures: inout CalibrationPictures
    ) throws -> (model: IoUGraph.Model, report: QuantizationReport) {
        try model.refuseQuantized()
        var folded = try Compiler().optimize(model).model
        try folded.raiseOpset()
        let index = try GraphIndex(folded)
        let named = try numbers(of: kept, in: index)
        let whole = QuantizationPlan(index)
        guard !whole.layers.isEmpty else {
            throw GraphError(
                .unsupported,
                "expected convolutions or products of float32 with constant weights, found none")
        }
        let ranges = try Calibration(
            of: whole.quantized, in: folded, by: method, &pictures, options: options
        ).ranges
        let parameters = ActivationParameters(ranges, whole)
        let some = noisePositions(pictures.count)
        let noise = try LayerNoise.measure(
            folded, index, whole, parameters, &pictures, at: some, options: options)
        let cost = try LayerCost(
            folded, index, whole, parameters, &pictures, at: some, options: options)
        let costs = try cost.ofEachLayer()
        let costly = Set(FloatRule.kept(costs, noise.map(\.multiplyAdds)).map { whole.layers[$0] })
        let plan = QuantizationPlan(index, keeping: costly.union(named))
        let final = ActivationParameters(ranges, plan)
        let quantized = folded.quantized(index, plan, final)
        let rows = whole.layers.enumerated().map { position, number in
            QuantizationReport.Layer(
                index.nodes[number], range: final.range(of: plan.end(of: number)),
                noise: noise[position], cost: costs[position],
                decision: named.contains(number)
                    ? .named : costly.contains(number) ? .costly : .integer)
        }
        let ends = try zip(cost.values, cost.noise(of: quantized)).map { (name: $0, noise: $1) }
        return (quantized, QuantizationReport(layers: rows, ends: ends))
    }

    private func noisePositions(_ count: Int) -> [Int] {
        let taken = min(count, Self.noisePictures)
        return (0..<taken).map { $0 * count / taken }
    }

    private func numbers(of names: [String], in index: GraphIndex) throws(GraphError) -> Set<Int> {
        var numbers: Set<Int> = []
        for name in names {
            let found = index.nodes.indices.filter { index.nodes[$0].displayName == name }
            guard !found.isEmpty else {
                throw GraphError(
                    .mismatch,
                    "--keep: expected names of nodes as 'iouc optimize' leaves them, found '\(name)'"
                )
            }
            numbers.formUnion(found)
        }
        return numbers
    }
}
