import IoUConsole
import IoUGraph

/// The constants of a model: initializers, and tensors in attributes of nodes, wherever they are.
struct ParameterFacts: Encodable {
    let count: Int
    /// As they are in the file, or beside it.
    let bytes: Int
    /// The largest first.
    let types: [TypeFacts]

    struct TypeFacts: Encodable {
        let type: String
        var tensors = 0
        var count = 0
        var bytes = 0
    }

    init(of model: Model) {
        var types: [ElementType: TypeFacts] = [:]
        for tensor in model.allTensors {
            types[tensor.type, default: TypeFacts(type: "\(tensor.type)")].add(tensor)
        }
        self.types = types.values.sorted { ($1.bytes, $0.type) < ($0.bytes, $1.type) }
        count = self.types.reduce(0) { $0.addingClamped($1.count) }
        bytes = self.types.reduce(0) { $0.addingClamped($1.bytes) }
    }

    var table: Table {
        var table = Table([
            ("parameters", .left), ("tensors", .right), ("count", .right), ("size", .right),
        ])
        for line in types {
            table.append([line.type, "\(line.tensors)", line.count.asCount, line.bytes.asBytes])
        }
        let tensors = types.reduce(0) { $0 + $1.tensors }
        table.append(["all", "\(tensors)", count.asCount, bytes.asBytes])
        return table
    }
}

extension ParameterFacts.TypeFacts {
    fileprivate mutating func add(_ tensor: TensorLiteral) {
        let elements = tensor.elementCount ?? 0
        tensors += 1
        count = count.addingClamped(elements)
        switch tensor.content {
        case .bytes(let blob): bytes = bytes.addingClamped(blob.count)
        case .strings(let strings): bytes += strings.reduce(0) { $0 + $1.count }
        case .external:
            bytes = bytes.addingClamped(tensor.type.byteCount(elements) ?? 0)
        }
    }
}

extension Int {
    /// The sum, or the largest number: a file may claim any size.
    func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
