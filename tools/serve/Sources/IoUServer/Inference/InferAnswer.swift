import HTTPTypes
import Hummingbird
import IoURuntime

extension HTTPField.Name {
    /// Where the JSON of a body ends and binary tensors begin.
    static let inferenceHeaderLength = HTTPField.Name("Inference-Header-Content-Length")!
}

/// An answer of the protocol.
struct InferAnswer {
    let request: InferRequest
    let model: ServedModel
    let tensors: [String: Tensor]

    /// The order that the client asked for, else the model's.
    private var names: [String] {
        request.work.outputs ?? model.model.outputs.map(\.name).filter { tensors[$0] != nil }
    }

    /// - Throws: 422 where JSON has no way to write a tensor.
    func response() throws(ServerError) -> Response {
        var written: [[UInt8]] = []
        var blocks: [UInt8] = []
        for name in names {
            guard let tensor = tensors[name] else { continue }
            let isBinary = request.isBinary(name)
            written.append(try output(name, tensor, isBinary))
            if isBinary { blocks += tensor.bytes.withUnsafeBytes { [UInt8]($0) } }
        }
        let json = JSONText.object { text in
            text.key("model_name")
            text.string(model.name)
            text.key("model_version")
            text.string(ServedModel.version)
            if let id = request.id {
                text.key("id")
                text.string(id)
            }
            text.key("outputs")
            text.array(written) { $0.value($1) }
        }
        guard names.contains(where: request.isBinary) else {
            return Response(json, type: "application/json")
        }
        return Response(
            json + blocks, type: "application/octet-stream",
            headers: [.inferenceHeaderLength: "\(json.count)"])
    }

    private func output(
        _ name: String, _ tensor: Tensor, _ isBinary: Bool
    ) throws(ServerError) -> [UInt8] {
        let data = isBinary ? nil : try tensor.json(name)
        return JSONText.object { text in
            text.key("name")
            text.string(name)
            text.key("datatype")
            text.string(Datatype.name(of: tensor.type))
            text.key("shape")
            text.array(tensor.shape) { $0.number($1) }
            if let data {
                text.key("data")
                text.value(data)
            } else {
                text.key("parameters")
                text.object { text in
                    text.key("binary_data_size")
                    text.number(tensor.bytes.byteCount)
                }
            }
        }
    }
}

extension Tensor {
    /// All numbers in one list.
    fileprivate func json(_ name: String) throws(ServerError) -> [UInt8] {
        do throws(IoUError) {
            switch type {
            case .float32: return try reals(name, as: Float.self)
            case .float64: return try reals(name, as: Double.self)
            case .float16: return try reals(name, as: Float16.self)
            case .int8: return try whole(as: Int8.self)
            case .int16: return try whole(as: Int16.self)
            case .int32: return try whole(as: Int32.self)
            case .int64: return try whole(as: Int64.self)
            case .uint8: return try whole(as: UInt8.self)
            case .uint16: return try whole(as: UInt16.self)
            case .uint32: return try whole(as: UInt32.self)
            case .uint64: return try whole(as: UInt64.self)
            case .bool: return bytes.withUnsafeBytes { list($0) { $0.bool($1 != 0) } }
            default:
                throw IoUError(
                    .unsupported,
                    "output '\(name)': expected binary_data to be asked for, since JSON has no "
                        + "\(Datatype.name(of: type))")
            }
        } catch {
            throw ServerError(error)
        }
    }

    private func reals<Element: TensorElement & BinaryFloatingPoint & LosslessStringConvertible>(
        _ name: String, as _: Element.Type
    ) throws(IoUError) -> [UInt8] {
        let values: [Element] = try values()
        guard values.allSatisfy(\.isFinite) else {
            throw IoUError(
                .badData,
                "output '\(name)': expected finite numbers for JSON, found others; ask for "
                    + "binary_data")
        }
        return list(values) { $0.number($1) }
    }

    private func whole<Element: TensorElement & FixedWidthInteger>(
        as _: Element.Type
    ) throws(IoUError) -> [UInt8] {
        list(try values(as: Element.self)) { $0.number($1) }
    }

    private func list<Values: Sequence>(
        _ values: Values, _ body: (inout JSONText, Values.Element) -> Void
    ) -> [UInt8] {
        var text = JSONText()
        text.array(values, body)
        return text.bytes
    }
}
