/// Protocol buffers' wire format, as far as ONNX needs it.
struct Wire {
    private(set) var bytes: [UInt8] = []

    init(_ fill: (inout Wire) -> Void = { _ in }) {
        fill(&self)
    }

    mutating func number(_ field: Int, _ value: Int) {
        varint(UInt64(field << 3))
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func float(_ field: Int, _ value: Float) {
        varint(UInt64(field << 3 | 5))
        bytes += withUnsafeBytes(of: value.bitPattern.littleEndian) { [UInt8]($0) }
    }

    mutating func data(_ field: Int, _ data: [UInt8]) {
        varint(UInt64(field << 3 | 2))
        varint(UInt64(data.count))
        bytes += data
    }

    mutating func text(_ field: Int, _ text: String) {
        data(field, Array(text.utf8))
    }

    mutating func message(_ field: Int, _ message: Wire) {
        data(field, message.bytes)
    }

    mutating func message(_ field: Int, _ fill: (inout Wire) -> Void) {
        message(field, Wire(fill))
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 127 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

extension TinyONNX.Node {
    var wire: Wire {
        Wire { wire in
            for input in inputs { wire.text(1, input) }
            for output in outputs { wire.text(2, output) }
            wire.text(3, name)
            wire.text(4, type)
            if !domain.isEmpty { wire.text(7, domain) }
            for (name, value) in floats {
                wire.message(5) { attribute in
                    attribute.text(1, name)
                    attribute.number(20, 1)
                    attribute.float(2, value)
                }
            }
            for (name, values) in integers {
                wire.message(5) { attribute in
                    attribute.text(1, name)
                    for value in values { attribute.number(8, value) }
                    attribute.number(20, 7)
                }
            }
        }
    }
}

extension TinyONNX.Value {
    var wire: Wire {
        let sides = Wire { sides in
            for (axis, side) in shape.enumerated() {
                sides.message(1) { dimension in
                    side < 0 ? dimension.text(2, "D\(axis)") : dimension.number(1, side)
                }
            }
        }
        return Wire { wire in
            wire.text(1, name)
            wire.message(2) { type in
                type.message(1) { tensor in
                    tensor.number(1, self.type)
                    tensor.message(2, sides)
                }
            }
        }
    }
}

extension TinyONNX {
    /// A file of a tensor of any element type, from its bytes as files have them.
    package static func tensorFile(elementType: Int, shape: [Int], bytes: [UInt8]) -> [UInt8] {
        tensor("any", elementType: elementType, shape: shape, bytes: bytes).bytes
    }

    fileprivate static func tensor(
        _ name: String, elementType: Int, shape: [Int], bytes: [UInt8]
    ) -> Wire {
        Wire { wire in
            for side in shape { wire.number(1, side) }
            wire.number(2, elementType)
            wire.text(8, name)
            wire.data(9, bytes)
        }
    }
}

extension TinyONNX.Weight {
    /// A file of the tensor alone, as ONNX's tests have them.
    package var fileBytes: [UInt8] { wire.bytes }

    var wire: Wire {
        let bytes = values.withUnsafeBytes { [UInt8]($0) }
        return TinyONNX.tensor(name, elementType: 1, shape: shape, bytes: bytes)
    }
}
