extension Model {
    /// The nodes of the graph, of its branches, and of functions and their branches.
    public var allNodes: [Node] {
        (graph.nodes + functions.flatMap(\.nodes)).flatMap(\.withInner)
    }

    /// The constants of the graph and its branches, and those in attributes of ``allNodes``.
    public var allTensors: [TensorLiteral] {
        let attributes = allNodes.flatMap(\.attributes)
        return ([graph] + attributes.flatMap(\.graphs)).flatMap(\.constants)
            + attributes.flatMap(\.tensors)
    }

    /// Whether tensors are in other files, or were read from there.
    public var usesExternalData: Bool { allTensors.contains(where: \.content.isExternal) }

    /// The files that tensors refer to, as paths from the model's folder; none where they were read
    /// with the model.
    public var externalLocations: Set<String> {
        Set(allTensors.compactMap(\.content.location))
    }
}

extension Graph {
    fileprivate var constants: [TensorLiteral] {
        initializers + sparseInitializers.flatMap { [$0.values, $0.indices].compactMap { $0 } }
    }
}

extension TensorLiteral.Content {
    fileprivate var isExternal: Bool {
        switch self {
        case .bytes(let blob): blob.isExternal
        case .strings: false
        case .external: true
        }
    }

    fileprivate var location: String? {
        guard case .external(let entries) = self else { return nil }
        return entries.first { $0.key == "location" }?.value
    }
}
