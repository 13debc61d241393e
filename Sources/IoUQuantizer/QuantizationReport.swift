import Glibc
import IoUConsole
import IoUGraph

/// What was decided for each layer.
package struct QuantizationReport: Sendable {
    package struct Layer: Sendable {
        package enum Decision: String, Sendable {
            case integer = "int8"
            /// The caller asked for it.
            case named = "float, --keep"
            case costly = "float, cost"
        }

        package let name: String
        package let type: String
        /// Of what the layer makes; nil: it stays in floats.
        package let range: ActivationRange?
        package let parameters: AffineParameters?
        package let noise: LayerNoise
        /// What the layer alone costs the last ones: noise by signal.
        package let cost: Double
        package let decision: Decision

        init(
            _ node: Node, range: ActivationRange?, noise: LayerNoise, cost: Double,
            decision: Decision
        ) {
            name = node.displayName
            type = node.type
            self.range = range
            parameters = range.map { AffineParameters($0) }
            self.noise = noise
            self.cost = cost
            self.decision = decision
        }
    }

    package let layers: [Layer]

    /// Of what the last layers make, in the quantized network.
    package let ends: [(name: String, noise: LayerNoise)]

    /// The share of all products' multiply-adds that is computed in integers.
    package var integerShare: Double {
        let all = layers.reduce(0) { $0 + $1.noise.multiplyAdds }
        let integer = layers.filter { $0.decision == .integer }
        return all > 0 ? integer.reduce(0) { $0 + $1.noise.multiplyAdds } / all : 0
    }

    /// A row for each layer.
    package var text: String {
        var table = Table([
            ("layer", .left), ("operator", .left), ("low", .right), ("high", .right),
            ("scale", .right), ("zero point", .right), ("multiply-adds", .right), ("dB", .right),
            ("at the end", .right), ("decision", .left),
        ])
        for layer in layers {
            let adds = layer.noise.multiplyAdds
            table.append([
                layer.name, layer.type,
                layer.range?.low.fixed(4) ?? "-", layer.range?.high.fixed(4) ?? "-",
                layer.parameters?.scale.fixed(6) ?? "-",
                layer.parameters.map { "\($0.zeroPoint)" } ?? "-",
                adds > 0 ? "\((adds / 1e6).fixed(2)) M" : "-", layer.noise.decibels.fixed(1),
                (-10 * log10(layer.cost)).fixed(1), layer.decision.rawValue,
            ])
        }
        return table.text + "\n" + endTable.text + "\n" + summary
    }

    private var endTable: Table {
        var table = Table([("last layers", .left), ("dB", .right)])
        for end in ends { table.append([end.name, end.noise.decibels.fixed(1)]) }
        return table
    }

    private var summary: String {
        let integer = layers.count { $0.decision == .integer }
        return "\(integer) of \(layers.count) layers and "
            + "\((integerShare * 100).fixed(1)) % of the multiply-adds in integers\n"
    }
}
