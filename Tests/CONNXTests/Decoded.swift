import CONNX

/// What `connx_decode` says to some bytes.
struct Decoded {
    var status: connx_status
    var offset: Int
    var text: String
}

extension connx_limits {
    init(bytes: Int = 0, nodes: Int = 0, depth: UInt32 = 0) {
        self.init(max_decoded_bytes: bytes, max_nodes: nodes, max_depth: depth)
    }
}

/// Decodes a copy of `bytes`; `body` sees the model while it lives.
@discardableResult
func decode(
    _ bytes: Bytes, limits: connx_limits = connx_limits(),
    _ body: (Onnx__ModelProto, UnsafeBufferPointer<UInt8>) -> Void = { _, _ in }
) -> Decoded {
    bytes.withUnsafeBufferPointer { decode($0, limits: limits, body) }
}

func decode(
    _ bytes: UnsafeBufferPointer<UInt8>, limits: connx_limits = connx_limits(),
    _ body: (Onnx__ModelProto, UnsafeBufferPointer<UInt8>) -> Void
) -> Decoded {
    var limits = limits
    var problem = connx_problem()
    var file: OpaquePointer?
    let status = connx_decode(&file, bytes.baseAddress, bytes.count, &limits, &problem)
    if let model = connx_model(file) { body(model.pointee, bytes) }
    let decoded = Decoded(status: status, offset: problem.offset, text: text(of: problem))
    precondition((status == CONNX_OK) == (file != nil))
    connx_close(&file)
    precondition(file == nil)
    return decoded
}

private func text(of problem: connx_problem) -> String {
    withUnsafeBytes(of: problem.text) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// The packed form of the decoded model, or nil if it is refused.
func repack(_ bytes: Bytes) -> Bytes? {
    var packed: Bytes?
    decode(bytes) { model, _ in
        var model = model
        let size = onnx__model_proto__get_packed_size(&model)
        packed = Bytes(unsafeUninitializedCapacity: size) { buffer, count in
            count = onnx__model_proto__pack(&model, buffer.baseAddress)
        }
    }
    return packed
}
