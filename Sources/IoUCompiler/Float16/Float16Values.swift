import IoUGraph

/// How a float is held.
enum FloatPrecision: CaseIterable {
    case single, half

    var type: ElementType { self == .half ? .float16 : .float32 }
    var other: FloatPrecision { self == .half ? .single : .half }
}

/// In which precisions every float32 value of a model is needed, and its name in each.
///
/// A value keeps its name in one of them: the border's, that of graphs within nodes which read it,
/// else the one that it is computed in.
struct Float16Values {
    private struct Versions {
        var own: FloatPrecision
        /// What its node makes; nil for constants, which are there in any.
        var made: FloatPrecision?
        var needed: Set<FloatPrecision>
        var otherName = ""
    }

    private var versions: [String: Versions] = [:]

    init(
        _ model: Model, _ types: [String: TypeInfo], _ constants: KnownConstants,
        _ choice: Float16Choice, convertsBorder: Bool
    ) throws(GraphError) {
        var uses = Uses(model.graph, choice)
        let border: FloatPrecision = convertsBorder ? .half : .single
        for output in model.graph.outputs { uses.note(output.name, border) }
        let makers = model.graph.makers
        let ends = Border(model)
        var names = UsedNames(model.graph.allNames)
        for (value, type) in types.sorted(by: { $0.key < $1.key }) where type.element == .float32 {
            var found = Versions(own: .single, made: nil, needed: uses.precisions(of: value))
            if ends.names.contains(value) {
                found.own = border
                if border == .half, uses.isCaptured(value) { throw Self.capturedEnd(value) }
            } else if uses.isCaptured(value) || ends.defaults.contains(value) {
                found.own = .single
            } else if constants[value] != nil {
                found.own = found.needed == [.half] ? .half : .single
            } else if let maker = makers[value], choice.converted[maker] != nil {
                found.own = .half
            }
            if constants[value] == nil {
                let maker = makers[value]
                found.made =
                    maker.map { choice.converted[$0] == nil ? .single : .half } ?? found.own
                found.needed.insert(found.own)
            }
            found.otherName = names.fresh("\(value).\(found.own == .half ? "float32" : "float16")")
            names.insert(found.otherName)
            versions[value] = found
        }
    }

    private static func capturedEnd(_ value: String) -> GraphError {
        GraphError(
            .unsupported,
            "'\(value.shortened)': expected an input or output that no graph within a node reads, "
                + "to make it float16")
    }

    /// Whether the value is a float32 one of the model.
    func has(_ value: String) -> Bool { versions[value] != nil }

    /// The name of a value in a precision; its own where it is no float32 one.
    func name(_ value: String, _ precision: FloatPrecision) -> String {
        guard let found = versions[value], found.own != precision else { return value }
        return found.otherName
    }

    /// The precision in which a value has its name.
    func own(_ value: String) -> FloatPrecision { versions[value]?.own ?? .single }

    /// What a value's node makes.
    func made(_ value: String) -> FloatPrecision { versions[value]?.made ?? .single }

    func isNeeded(_ value: String, _ precision: FloatPrecision) -> Bool {
        versions[value]?.needed.contains(precision) ?? false
    }
}

/// Who reads the values of a graph in which precision.
private struct Uses {
    private var found: [String: Set<FloatPrecision>] = [:]
    private var captured: Set<String> = []

    init(_ graph: Graph, _ choice: Float16Choice) {
        for (index, node) in graph.nodes.enumerated() {
            for (place, input) in node.inputs.enumerated() {
                guard let precision = choice.precision(ofInput: place, node, index) else {
                    continue
                }
                note(input, precision)
            }
            captured.formUnion(node.capturedNames)
        }
        captured.formUnion(
            graph.quantization.flatMap { [$0.tensor] + $0.parameters.map(\.value) })
        for value in captured { note(value, .single) }
    }

    mutating func note(_ value: String, _ precision: FloatPrecision) {
        found[value, default: []].insert(precision)
    }

    func precisions(of value: String) -> Set<FloatPrecision> { found[value] ?? [] }

    /// Whether it must keep name and type for what is not rewritten.
    func isCaptured(_ value: String) -> Bool { captured.contains(value) }
}

/// The ends of a model, whose names stay.
private struct Border {
    let names: Set<String>
    /// Inputs that need not be fed; their values are not rewritten.
    let defaults: Set<String>

    init(_ model: Model) {
        let constants = Set(model.graph.initializers.map(\.name))
        let inputs = Set(model.graph.inputs.map(\.name))
        defaults = model.isOverridable ? constants.intersection(inputs) : []
        names = inputs.subtracting(constants)
            .union(model.graph.outputs.map(\.name).filter { [defaults] in !defaults.contains($0) })
    }
}

extension Float16Choice {
    /// In which precision a node reads an input; nil where any will do.
    func precision(ofInput place: Int, _ node: Node, _ index: Int) -> FloatPrecision? {
        if node.isStandard, ["Shape", "Size"].contains(node.type) { return nil }
        guard let form = converted[index], !form.keepsInput(place) else { return .single }
        return .half
    }
}

extension Graph {
    /// The number of the node that makes each value.
    fileprivate var makers: [String: Int] {
        nodes.enumerated().reduce(into: [:]) { makers, each in
            for output in each.element.outputs where !output.isEmpty {
                makers[output] = each.offset
            }
        }
    }

    /// Names of values of the graph and the graphs within it.
    fileprivate var allNames: Set<String> {
        let within = nodes.flatMap(\.attributes).flatMap(\.graphs)
        let own =
            (inputs + outputs).map(\.name) + initializers.map(\.name)
            + sparseInitializers.compactMap { $0.values?.name } + nodes.flatMap(\.outputs)
        return within.reduce(into: Set(own)) { $0.formUnion($1.allNames) }
    }
}
