/// Bytes of the wire format, written by hand so that wrong ones can be written too.
typealias Bytes = [UInt8]

func varint(_ value: UInt64) -> Bytes {
    var bytes: Bytes = []
    var rest = value
    while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
    }
    bytes.append(UInt8(rest))
    return bytes
}

func tag(_ number: UInt64, _ wireType: UInt64) -> Bytes {
    varint(number << 3 | wireType)
}

func field(_ number: UInt64, _ value: UInt64) -> Bytes {
    tag(number, 0) + varint(value)
}

func field(_ number: UInt64, _ content: Bytes) -> Bytes {
    tag(number, 2) + varint(UInt64(content.count)) + content
}

func field(_ number: UInt64, _ text: String) -> Bytes {
    field(number, Bytes(text.utf8))
}

func repeated(_ bytes: Bytes, _ count: Int) -> Bytes {
    var result: Bytes = []
    result.reserveCapacity(bytes.count * count)
    for _ in 0..<count { result += bytes }
    return result
}

/// Field numbers that the tests use.
enum Number {
    enum Model {
        static let irVersion: UInt64 = 1
        static let opset: UInt64 = 8
        static let producer: UInt64 = 2
        static let graph: UInt64 = 7
    }
    enum Graph {
        static let node: UInt64 = 1
        static let name: UInt64 = 2
        static let initializer: UInt64 = 5
        static let input: UInt64 = 11
    }
    enum Node {
        static let input: UInt64 = 1
        static let output: UInt64 = 2
        static let opType: UInt64 = 4
        static let attribute: UInt64 = 5
    }
    enum Attribute {
        static let name: UInt64 = 1
        static let graph: UInt64 = 6
        static let ints: UInt64 = 8
        static let sparse: UInt64 = 22
    }
    enum Tensor {
        static let dims: UInt64 = 1
        static let type: UInt64 = 2
        static let floats: UInt64 = 4
        static let name: UInt64 = 8
        static let raw: UInt64 = 9
    }
}

func graph(_ content: Bytes) -> Bytes { field(Number.Model.graph, content) }
func node(_ content: Bytes) -> Bytes { field(Number.Graph.node, content) }
func initializer(_ content: Bytes) -> Bytes { field(Number.Graph.initializer, content) }

let rawWeights: Bytes = [0, 0, 128, 63, 0, 0, 0, 64]

/// A model with one node and one constant.
let goodModel: Bytes =
    field(Number.Model.irVersion, 10)
    + field(Number.Model.producer, "tests")
    + field(Number.Model.opset, field(1, "") + field(2, 21))
    + graph(
        node(
            field(Number.Node.input, "x") + field(Number.Node.input, "w")
                + field(Number.Node.output, "y") + field(Number.Node.opType, "Mul")
                + field(
                    Number.Node.attribute,
                    field(Number.Attribute.name, "größe") + field(Number.Attribute.ints, 7)))
            + field(Number.Graph.name, "g")
            + initializer(
                field(Number.Tensor.dims, varint(2)) + field(Number.Tensor.type, 1)
                    + field(Number.Tensor.name, "w") + field(Number.Tensor.raw, rawWeights)))

/// A model with subgraphs nested that many times.
func nestedSubgraphs(_ levels: Int) -> Bytes {
    var content = field(Number.Graph.name, "inner")
    for _ in 0..<levels {
        content = node(field(Number.Node.attribute, field(Number.Attribute.graph, content)))
    }
    return graph(content)
}
