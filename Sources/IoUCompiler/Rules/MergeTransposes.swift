import IoUGraph

extension Rule {
    /// Two Transposes in a row become one, or none.
    static let mergeTransposes = Rule(
        "merge-transposes", "Transpose after Transpose becomes one, or none",
        [
            .op(
                "Transpose", as: "second",
                [.op("Transpose", as: "first", [.value("x")], mayBeShared: true)])
        ]
    ) { (match) throws(GraphError) in
        let second = match.node("second")
        guard let outer = second.permutation, let inner = match.node("first").permutation,
            outer.count == inner.count, outer.allSatisfy(inner.indices.contains)
        else { return .refused("permutations of one rank that are written out are expected") }
        let both = outer.map { inner[$0] }
        var node = second
        node.inputs = [match.value("x")]
        node.attributes = [Attribute("perm", .ints(both.map { Int64($0) }))]
        return .patch(Patch(nodes: [node]))
    }
}
