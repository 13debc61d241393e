import IoUConsole
import IoUGraph
import IoURuntime

/// The file itself.
struct FileFacts: Encodable {
    let path: String
    let bytes: Int
    let irVersion: Int64
    /// Versions by domain; ONNX's own is "ai.onnx".
    let operatorSets: [String: Int64]
    let producer: String
    let producerVersion: String
    let graph: String
    let documentation: String
    /// Of the main graph.
    let nodes: Int

    enum CodingKeys: String, CodingKey {
        case path, bytes, producer, graph, documentation, nodes
        case irVersion = "ir_version"
        case operatorSets = "operator_sets"
        case producerVersion = "producer_version"
    }

    init(of model: IoUGraph.Model, at path: String) {
        self.path = path
        bytes = FilePath(path).status?.size ?? 0
        irVersion = model.irVersion
        operatorSets = Dictionary(
            model.operatorSets.map { ($0.domain.isEmpty ? "ai.onnx" : $0.domain, $0.version) },
            uniquingKeysWith: { first, _ in first })
        producer = model.producerName
        producerVersion = model.producerVersion
        graph = model.graph.name
        documentation = model.documentation
        nodes = model.graph.nodes.count
    }

    var text: String {
        let sets = operatorSets.sorted { $0.key < $1.key }.map { "\($0) \($1)" }
        var list = FactList()
        list.append("file", path)
        list.append("size", bytes.asBytes)
        list.append("producer", [producer, producerVersion].joined(separator: " "))
        list.append("ONNX", "IR version \(irVersion), " + sets.joined(separator: ", "))
        list.append("graph", graph)
        list.append("nodes", "\(nodes)")
        list.append("description", String(documentation.prefix(200)))
        return list.text
    }
}

extension Int {
    /// The number of bytes for people: "12.3 MiB".
    var asBytes: String {
        for (unit, size) in [("GiB", 0x1p30), ("MiB", 0x1p20), ("KiB", 0x1p10)]
        where Double(self) >= size {
            return "\((Double(self) / size).fixed(1)) \(unit)"
        }
        return "\(self) bytes"
    }

    /// A large count for people: "3.87 G".
    var asCount: String {
        for (unit, size) in [("G", 1e9), ("M", 1e6), ("k", 1e3)] where Double(self) >= size {
            return "\((Double(self) / size).fixed(2)) \(unit)"
        }
        return "\(self)"
    }
}

/// An input or output as the file declares it.
struct ValueFacts: Encodable {
    let name: String
    /// Null where the file says nothing.
    let type: String?
    /// Null where not even the rank is known.
    let shape: [IoUGraph.Dimension]?
    private let isTensor: Bool

    init(_ info: IoUGraph.ValueInfo) {
        name = info.name
        type = info.type.map { "\($0.type)" }
        shape = info.type?.type.dimensions
        switch info.type?.type {
        case .sequence, .optional, .map: isTensor = false
        default: isTensor = true
        }
    }

    enum CodingKeys: String, CodingKey { case name, type, shape }

    /// A side is a number, a symbol's name or null.
    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(name, forKey: .name)
        try values.encode(type, forKey: .type)
        guard let shape else { return try values.encodeNil(forKey: .shape) }
        var sides = values.nestedUnkeyedContainer(forKey: .shape)
        for side in shape {
            switch side {
            case .number(let number): try sides.encode(number)
            case .symbol(let symbol): try sides.encode(symbol)
            case .unknown: try sides.encodeNil()
            }
        }
    }

    static func table(of values: [ValueFacts], title: String) -> Table {
        var table = Table([(title, .left), ("type", .left), ("shape", .left)])
        for value in values {
            let sides = value.shape.map { $0.map(\.description).joined(separator: " x ") }
            table.append([
                value.name, value.type ?? "unknown",
                sides.map { $0.isEmpty ? "scalar" : $0 }
                    ?? (value.isTensor ? "of unknown rank" : ""),
            ])
        }
        return table
    }
}
