import CONNX
import Testing

@Suite struct DecodeTests {
    @Test func decodesAModel() {
        let decoded = decode(goodModel) { model, _ in
            #expect(model.ir_version == 10)
            #expect(String(cString: model.producer_name) == "tests")
            #expect(model.n_opset_import == 1)
            let graph = model.graph.pointee
            #expect(graph.n_node == 1)
            let node = graph.node[0]!.pointee
            #expect(String(cString: node.op_type) == "Mul")
            #expect(node.n_input == 2)
            #expect(node.attribute[0]!.pointee.ints[0] == 7)
        }
        #expect(decoded.status == CONNX_OK, "\(decoded.text)")
    }

    @Test func absentFieldsAreKnownToBeAbsent() {
        decode(goodModel) { model, _ in
            #expect(model.has_ir_version != 0)
            #expect(model.has_model_version == 0)
            #expect(model.domain == nil)
        }
    }

    @Test func rawDataPointsIntoTheCallersBytes() {
        let decoded = decode(goodModel) { model, bytes in
            let raw = model.graph.pointee.initializer[0]!.pointee.raw_data
            let offset = raw.data - UnsafeMutablePointer(mutating: bytes.baseAddress!)
            #expect(offset == goodModel.count - rawWeights.count)
            #expect(raw.len == rawWeights.count)
        }
        #expect(decoded.status == CONNX_OK)
    }

    @Test func rawDataIsFoundBelowAttributesAndSparseTensors() {
        let tensor = field(Number.Tensor.raw, [1, 2, 3])
        let sparse = field(Number.Attribute.sparse, field(1, tensor) + field(2, tensor))
        let bytes = graph(node(field(Number.Node.attribute, sparse)))
        let decoded = decode(bytes) { model, _ in
            let attribute = model.graph.pointee.node[0]!.pointee.attribute[0]!
            let sparse = attribute.pointee.sparse_tensor.pointee
            for raw in [sparse.values.pointee.raw_data, sparse.indices.pointee.raw_data] {
                #expect(Array(UnsafeBufferPointer(start: raw.data, count: raw.len)) == [1, 2, 3])
            }
        }
        #expect(decoded.status == CONNX_OK, "\(decoded.text)")
    }

    @Test func emptyRawDataIsPresent() {
        let decoded = decode(graph(initializer(field(Number.Tensor.raw, Bytes())))) { model, _ in
            let tensor = model.graph.pointee.initializer[0]!.pointee
            #expect(tensor.has_raw_data != 0)
            #expect(tensor.raw_data.len == 0)
        }
        #expect(decoded.status == CONNX_OK, "\(decoded.text)")
    }

    @Test func aFileMayBeATensor() {
        let bytes = field(Number.Tensor.dims, 3) + field(Number.Tensor.raw, [1, 2, 3])
        bytes.withUnsafeBufferPointer { bytes in
            var file: OpaquePointer?
            #expect(
                connx_decode_tensor(&file, bytes.baseAddress, bytes.count, nil, nil) == CONNX_OK)
            #expect(connx_model(file) == nil)
            if let tensor = connx_tensor(file)?.pointee {
                #expect(tensor.n_dims == 1)
                #expect(tensor.raw_data.len == 3)
                #expect(UnsafePointer(tensor.raw_data.data) == bytes.baseAddress! + bytes.count - 3)
            } else {
                Issue.record("no tensor")
            }
            connx_close(&file)
        }
    }

    @Test func aModelIsNoTensor() {
        var problem = connx_problem()
        var file: OpaquePointer?
        #expect(
            connx_decode_tensor(&file, goodModel, goodModel.count, nil, &problem)
                == CONNX_MALFORMED)
        #expect(file == nil)
        #expect(connx_tensor(nil) == nil)
    }

    @Test func repeatedNumbersComePackedOrNot() {
        let packed = field(Number.Tensor.dims, varint(2) + varint(300))
        let single = field(Number.Tensor.dims, 2) + field(Number.Tensor.dims, 300)
        for dims in [packed, single] {
            let decoded = decode(graph(initializer(dims))) { model, _ in
                let tensor = model.graph.pointee.initializer[0]!.pointee
                #expect(tensor.n_dims == 2)
                #expect(tensor.dims[1] == 300)
            }
            #expect(decoded.status == CONNX_OK, "\(decoded.text)")
        }
    }

    @Test func unknownFieldsAreKept() {
        let unknown =
            field(999, "kept") + field(1000, 5)
            + tag(1001, 1) + repeated([1], 8) + tag(1002, 5) + repeated([2], 4)
        let inner = graph(node(field(Number.Node.opType, "Relu") + unknown))
        #expect(repack(inner + unknown) == inner + unknown)
    }

    @Test func packsToTheSameBytesInTheOrderOfFieldNumbers() {
        let ordered = field(1, 10) + field(2, "tests") + graph(field(Number.Graph.name, "g"))
        #expect(repack(ordered) == ordered)
    }

    @Test func lengthsAndTagsMayBeLongerThanNeeded() {
        let longTag: Bytes = [0xba, 0x80, 0x00]
        let longLength: Bytes = [0x83, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]
        let name = field(Number.Graph.name, "g")
        #expect(repack(longTag + longLength + name) == graph(name))
    }

    @Test func theLastOfRepeatedNumbersHolds() {
        let decoded = decode(field(1, 3) + field(1, 9)) { model, _ in
            #expect(model.ir_version == 9)
        }
        #expect(decoded.status == CONNX_OK)
    }

    @Test func messagesWithManyFieldsFitTheCountedMemory() {
        for count in [15, 16, 17, 48, 49, 50, 112, 113, 1000, 5000] {
            let nodes = repeated(node(field(Number.Node.input, "x")), count)
            let decoded = decode(graph(nodes)) { model, _ in
                #expect(model.graph.pointee.n_node == count)
            }
            #expect(decoded.status == CONNX_OK, "\(count): \(decoded.text)")
        }
    }

    @Test func problemAndLimitsMayBeAbsent() {
        var file: OpaquePointer?
        #expect(connx_decode(&file, goodModel, goodModel.count, nil, nil) == CONNX_OK)
        connx_close(&file)
        #expect(connx_decode(&file, [0xff], 1, nil, nil) == CONNX_MALFORMED)
        #expect(file == nil)
        connx_close(&file)
        connx_close(nil)
    }

    @Test func noMessageHasMoreFieldsThanTheScanCanMark() {
        let types = [
            onnx__model_proto__descriptor, onnx__graph_proto__descriptor,
            onnx__node_proto__descriptor, onnx__attribute_proto__descriptor,
            onnx__tensor_proto__descriptor, onnx__function_proto__descriptor,
        ]
        #expect(types.allSatisfy { $0.n_fields <= 64 })
    }
}
