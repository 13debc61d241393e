import IoUGraph

/// Which operators compute with bytes, and which values are bytes between them.
///
/// A product does unless it is to be kept in floats; any other operator does if what it makes is
/// wanted in bytes. So what lies between the last products and the outputs stays in floats.
struct QuantizationPlan {
    enum Role: Equatable {
        case real
        case integer(OperatorKind)
        /// A clamp that the operator before it does while it stores; nothing between the two is quantized.
        case merged
    }

    /// By node.
    let roles: [Role]
    /// In the order in which they are made.
    let quantized: [String]
    let shared: SharedParameters
    private let wanted: Set<String>
    private let index: GraphIndex

    /// - Parameter kept: Nodes that are to stay in floats.
    init(_ index: GraphIndex, keeping kept: Set<Int> = []) {
        var search = Search(index: index, kept: kept)
        for node in index.nodes.indices.reversed() { search.visit(node) }
        self.index = index
        roles = search.roles
        wanted = search.wanted
        quantized =
            (index.inputs.sorted() + index.nodes.flatMap(\.outputs)).filter(search.wanted.contains)
        shared = search.shared
    }

    func isQuantized(_ value: String) -> Bool { wanted.contains(value) }

    /// The value that is stored when the node is done, behind the clamps that it does.
    func end(of node: Int) -> String { Search.end(of: node, roles, index) }

    /// The nodes that one step does: it, and the clamps behind it.
    func chain(of node: Int) -> [Int] { Search.chain(of: node, roles, index) }

    /// The nodes that compute numbers with bytes, in order; those that move them are left out.
    var layers: [Int] {
        roles.indices.filter { node in
            if case .integer(let kind) = roles[node] { kind != .move } else { false }
        }
    }
}

extension QuantizationPlan {
    /// What the last products make, behind which there is no other: the maps of a detector's heads, whatever
    /// its graph does with them.
    var finalValues: [String] {
        var leads = roles.map { _ in false }
        var values: [String] = []
        for node in roles.indices.reversed() {
            let readers = index.nodes[node].outputs.flatMap(index.readers)
            leads[node] = readers.contains { leads[$0] || roles[$0] == .integer(.product) }
            if roles[node] == .integer(.product), !leads[node] { values.append(end(of: node)) }
        }
        return values.reversed()
    }
}

extension QuantizationPlan {
    /// By layer: which of `ends` hang on what it makes.
    func reached(by ends: [String]) -> [Set<Int>] {
        var reached = [Set<Int>](repeating: [], count: roles.count)
        for node in roles.indices.reversed() {
            for output in index.nodes[node].outputs {
                reached[node].formUnion(ends.indices.filter { ends[$0] == output })
                for reader in index.readers(of: output) { reached[node].formUnion(reached[reader]) }
            }
        }
        return layers.map { reached[$0] }
    }
}

/// From the last node to the first.
private struct Search {
    let index: GraphIndex
    let kept: Set<Int>
    var roles: [QuantizationPlan.Role]
    var wanted: Set<String> = []
    var shared = SharedParameters()

    init(index: GraphIndex, kept: Set<Int>) {
        self.index = index
        self.kept = kept
        roles = index.nodes.map { _ in .real }
    }

    mutating func visit(_ number: Int) {
        let node = index.nodes[number]
        guard let kind = OperatorKind(of: node, in: index) else { return }
        let isWanted =
            wanted.contains(Self.end(of: number, roles, index))
            || node.outputs.contains(where: wanted.contains)
        if kind == .clamp, isWanted, isDoneByProducer(node) {
            roles[number] = .merged
            return
        }
        guard !kept.contains(number), kind == .product || isWanted else { return }
        roles[number] = .integer(kind)
        let operands = node.activationInputs(kind, in: index)
        wanted.formUnion(operands)
        if kind == .move { share(node, operands) }
    }

    /// Whether the node before a clamp stores for it alone, and is no mere move, which keeps bytes as
    /// they are.
    private func isDoneByProducer(_ clamp: Node) -> Bool {
        let value = clamp.inputs[0]
        guard let producer = index.producer(of: value), index.hasOneReader(value) else {
            return false
        }
        return OperatorKind(of: index.nodes[producer], in: index) != .move
    }

    private mutating func share(_ node: Node, _ operands: [String]) {
        let outputs = node.outputs.filter(wanted.contains)
        for value in operands.dropFirst() + outputs { shared.join(operands[0], value) }
    }

    static func end(of node: Int, _ roles: [QuantizationPlan.Role], _ index: GraphIndex) -> String {
        let last = chain(of: node, roles, index).last ?? node
        return index.nodes[last].outputs.first ?? ""
    }

    static func chain(
        of node: Int, _ roles: [QuantizationPlan.Role], _ index: GraphIndex
    ) -> [Int] {
        var chain = [node]
        while let output = index.nodes[chain[chain.count - 1]].outputs.first,
            let next = merged(behind: output, roles, index)
        {
            chain.append(next)
        }
        return chain
    }

    /// The clamp that alone reads a value, and is done with what makes it.
    static func merged(
        behind value: String, _ roles: [QuantizationPlan.Role], _ index: GraphIndex
    ) -> Int? {
        guard index.hasOneReader(value), let reader = index.readers(of: value).first,
            roles[reader] == .merged, index.nodes[reader].inputs.first == value
        else { return nil }
        return reader
    }
}
