import IoUGraph

/// The fused score S = p^alpha · q^(1 - alpha) as a graph; 1 means p, exactly.
struct ScoreGraph {
    let alpha: Float

    /// q^(1 - alpha); nil where q does not count.
    func weight(_ graph: inout GraphBuilder, _ q: Value, _ path: String) -> Value? {
        alpha == 1 ? nil : power(&graph, q, 1 - alpha, "\(path).weight")
    }

    /// p^alpha · weight.
    func score(
        _ graph: inout GraphBuilder, _ p: Value, _ weight: Value?, _ path: String
    ) -> Value {
        guard let weight else { return p }
        return graph.multiply(
            power(&graph, p, alpha, "\(path).power"), weight, name: "\(path).score")
    }

    private func power(
        _ graph: inout GraphBuilder, _ base: Value, _ exponent: Float, _ name: String
    ) -> Value {
        switch exponent {
        case 1: base
        case 0.5: graph.sqrt(base, name: name)
        default: graph.power(base, graph.scalar(exponent), name: name)
        }
    }
}
