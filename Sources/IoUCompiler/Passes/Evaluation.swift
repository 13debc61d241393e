import IoUGraph
import IoURuntime

/// Nodes that depend on constants alone, to be run by the runtime.
struct Evaluation {
    private var model: IoUGraph.Model

    /// `nodes` are in order, and depend on each other and on constants.
    init(nodes: [Node], opset: Int64, _ constant: (String) -> TensorLiteral?) {
        var part = Graph(name: "constants")
        part.nodes = nodes
        let names = nodes.flatMap(\.inputs)
        var seen: Set<String> = []
        part.initializers = names.compactMap { name in
            seen.insert(name).inserted ? constant(name) : nil
        }
        part.outputs = nodes.flatMap(\.outputs).filter { !$0.isEmpty }.map { ValueInfo($0) }
        model = IoUGraph.Model(graph: part, opset: opset)
    }

    /// The outputs of all nodes, by name. Throws the runtime's error.
    func run() throws -> [String: TensorLiteral] {
        var options = SessionOptions()
        options.threads = 1
        var session = try Session(IoURuntime.Model(bytes: model.encoded()), options: options)
        let outputs = try session.run([:])
        var literals: [String: TensorLiteral] = [:]
        for (name, tensor) in outputs {
            literals[name] = TensorLiteral(
                name, type: IoUGraph.ElementType(rawValue: Int32(tensor.type.rawValue)),
                dimensions: tensor.shape.map { Int64($0) }, content: .bytes(Blob(tensor.storage)))
        }
        return literals
    }
}
