import CONNX

/// Turns protobuf-c's messages into graph values.
///
/// Contents of tensors stay where they are in the file; names and attributes are copied.
struct ModelDecoder {
    /// The file.
    private let source: Blob
    /// Where the file begins in memory.
    private let base: UnsafeRawPointer
    /// Where the contents of tensors in other files were read to.
    private let external: ExternalData?

    /// Decodes the whole file, after `CONNX` has checked it. With a place, tensors in other files
    /// are read from there; else they stay `.external`.
    static func decode(
        _ source: Blob, externalData place: ExternalData.Place? = nil
    ) throws(GraphError) -> Model {
        try source.withUnsafeBytes { (bytes) throws(GraphError) in
            guard let base = bytes.baseAddress else {
                throw GraphError(.malformed, "file is empty, where an ONNX model was expected")
            }
            var file = try open(bytes, as: connx_decode)
            defer { connx_close(&file) }
            var external: ExternalData?
            if let place { external = try ExternalData(file, at: place) }
            let decoder = ModelDecoder(source: source, base: base, external: external)
            return try decoder.model(connx_model(file).pointee)
        }
    }

    /// Decodes a file that is one tensor, after `CONNX` has checked it.
    static func decodeTensor(_ source: Blob) throws(GraphError) -> TensorLiteral {
        try source.withUnsafeBytes { (bytes) throws(GraphError) in
            guard let base = bytes.baseAddress else {
                throw GraphError(.malformed, "file is empty, where an ONNX tensor was expected")
            }
            var file = try open(bytes, as: connx_decode_tensor)
            defer { connx_close(&file) }
            let decoder = ModelDecoder(source: source, base: base, external: nil)
            return try decoder.tensor(connx_tensor(file).pointee)
        }
    }

    /// One of the functions of `connx.h` that decode a file.
    private typealias Opening = (
        UnsafeMutablePointer<OpaquePointer?>?, UnsafePointer<UInt8>?, Int,
        UnsafePointer<connx_limits>?, UnsafeMutablePointer<connx_problem>?
    ) -> connx_status

    private static func open(
        _ bytes: UnsafeRawBufferPointer, as decode: Opening
    ) throws(GraphError) -> OpaquePointer? {
        var file: OpaquePointer?
        var problem = connx_problem()
        let start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
        let status = decode(&file, start, bytes.count, nil, &problem)
        if status == CONNX_OK { return file }
        let text = withUnsafeBytes(of: problem.text) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        let code: GraphError.Code = status == CONNX_MALFORMED ? .malformed : .limit
        throw GraphError(code, "\(text) (byte \(problem.offset))")
    }

    /// The part of the file, or of another, that a pointer into it names.
    func blob(_ data: ProtobufCBinaryData) throws(GraphError) -> Blob {
        guard let start = data.data, data.len > 0 else { return Blob([]) }
        let offset = UnsafeRawPointer(start) - base
        guard offset >= 0, offset <= source.count, data.len <= source.count - offset else {
            guard let external else { return Blob(Self.bytes(data)) }
            let bytes = UnsafeRawBufferPointer(start: start, count: data.len)
            return Blob(ExternalTensor(bytes, of: external))
        }
        return source[offset..<offset + data.len]
    }
}

extension ModelDecoder {
    /// Text of a message; an absent field is empty.
    func text(_ start: UnsafePointer<CChar>?) throws(GraphError) -> String {
        guard let start else { return "" }
        guard let text = String(validatingCString: start) else {
            throw GraphError(.malformed, "'\(String(cString: start))' is not UTF-8")
        }
        return text
    }

    func texts(
        _ count: Int, _ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    ) throws(GraphError) -> [String] {
        var result: [String] = []
        result.reserveCapacity(count)
        for index in 0..<count { result.append(try text(list?[index])) }
        return result
    }

    func list<Message, Result>(
        _ count: Int, _ list: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?,
        _ convert: (Message) throws(GraphError) -> Result
    ) throws(GraphError) -> [Result] {
        var result: [Result] = []
        result.reserveCapacity(count)
        for index in 0..<count {
            if let message = list?[index] { result.append(try convert(message.pointee)) }
        }
        return result
    }

    static func numbers<T>(_ count: Int, _ list: UnsafeMutablePointer<T>?) -> [T] {
        Array(UnsafeBufferPointer(start: list, count: list == nil ? 0 : count))
    }

    static func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
        numbers(data.len, data.data)
    }

    /// Fields that this version of the format does not name, in wire format.
    func unknown(_ message: ProtobufCMessage) -> [UInt8] {
        var writer = WireWriter()
        for field in UnsafeBufferPointer(
            start: message.unknown_fields, count: Int(message.n_unknown_fields))
        {
            writer.varint(UInt64(field.tag) << 3 | UInt64(field.wire_type.rawValue))
            writer.raw(Self.numbers(field.len, field.data))
        }
        return writer.bytes
    }

    /// Messages that nothing here looks into, in wire format as `field` of their parent.
    func opaque<Message>(
        _ field: Int, _ count: Int, _ list: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?
    ) -> [UInt8] {
        var writer = WireWriter()
        for index in 0..<count {
            if let message = list?[index] { writer.bytes(field, Self.packed(message)) }
        }
        return writer.bytes
    }

    /// The wire format of one message.
    static func packed<Message>(_ message: UnsafePointer<Message>) -> [UInt8] {
        message.withMemoryRebound(to: ProtobufCMessage.self, capacity: 1) { base in
            let size = protobuf_c_message_get_packed_size(base)
            return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                count = protobuf_c_message_pack(base, buffer.baseAddress)
            }
        }
    }
}
