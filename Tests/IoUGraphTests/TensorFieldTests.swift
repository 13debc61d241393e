import Testing

@testable import IoUGraph

@Suite("Tensors in the field of their type")
struct TensorFieldTests {
    /// Decodes an initializer that `write` fills in.
    private func tensor(_ write: @escaping (inout WireWriter) -> Void) throws -> TensorLiteral {
        var writer = WireWriter()
        writer.message(7) { $0.message(5, write) }
        return try Model(decoding: writer.bytes).graph.initializers[0]
    }

    private func packed(_ values: [UInt64]) -> [UInt8] {
        var writer = WireWriter()
        for value in values { writer.varint(value) }
        return writer.bytes
    }

    @Test func floatData() throws {
        let values: [Float] = [1.5, -2]
        let tensor = try tensor {
            $0.int(1, 2)
            $0.int(2, 1)
            $0.bytes(4, values.withUnsafeBytes { Array($0) })
        }
        #expect(tensor.floats == values)
    }

    @Test func int64Data() throws {
        let data = packed([7, UInt64(bitPattern: -3)])
        let tensor = try tensor {
            $0.int(1, 2)
            $0.int(2, 7)
            $0.bytes(7, data)
        }
        #expect(tensor.ints == [7, -3])
    }

    @Test(
        arguments: [
            (2, [200, 1]), (9, [1, 0]), (10, [0, 60, 1, 0]), (6, [5, 0, 0, 0]),
        ] as [(Int64, [UInt8])])
    func int32DataNarrows(_ type: Int64, _ bytes: [UInt8]) throws {
        let values: [Int64: [UInt64]] = [2: [200, 1], 9: [1, 0], 10: [0x3c00, 1], 6: [5]]
        let data = packed(values[type]!)
        let tensor = try tensor {
            $0.int(1, Int64(values[type]!.count))
            $0.int(2, type)
            $0.bytes(5, data)
        }
        #expect(tensor.content == .bytes(Blob(bytes)))
    }

    @Test func uint32FromUInt64Data() throws {
        let data = packed([4_000_000_000])
        let tensor = try tensor {
            $0.int(1, 1)
            $0.int(2, 12)
            $0.bytes(11, data)
        }
        #expect(tensor.content == .bytes(Blob([0, 0x28, 0x6b, 0xee])))
    }

    @Test func externalDataIsKept() throws {
        let tensor = try tensor {
            $0.int(1, 4)
            $0.int(2, 1)
            $0.message(13, Property("location", "w.bin").encode)
            $0.int(14, 1)
        }
        #expect(tensor.content == .external([Property("location", "w.bin")]))
    }
}
