import IoUGraph
import IoURuntime

/// What a file of a case holds: a tensor, a sequence of tensors, or an optional.
indirect enum ConformanceValue {
    case tensor(Tensor)
    case strings(TensorLiteral)
    case sequence([ConformanceValue])
    case optional(ConformanceValue?)

    /// A file of a sequence or optional is read whole.
    private static let mostBytes = 1 << 30

    /// A file that holds a value of this type, as ONNX's tests have them.
    ///
    /// - Throws: `badData` where the file holds none; `unsupported` for a type that is not held.
    init(onnx file: FilePath, as type: TypeInfo) throws(IoUError) {
        if case .tensor(let element, _) = type, element != .string {
            self = .tensor(try Tensor(onnx: file))
            return
        }
        do throws(IoUError) {
            try self.init(message: file.read(limit: Self.mostBytes), as: type)
        } catch {
            throw IoUError(error.code, "'\(file)': \(error.message)")
        }
    }

    /// The bytes of a TensorProto, a SequenceProto or an OptionalProto.
    private init(message: [UInt8], as type: TypeInfo) throws(IoUError) {
        switch type {
        case .tensor(.string, _): self = .strings(try Self.strings(message))
        case .tensor: self = .tensor(try Tensor(onnx: message))
        case .sequence(let element):
            let elements = try MessageFields(message)[3]
            self = .sequence(
                try elements.map { (bytes) throws(IoUError) in
                    try ConformanceValue(message: bytes, as: element.type)
                })
        case .optional(let held):
            let fields = try MessageFields(message)
            var field = 3
            if case .sequence = held.type { field = 5 }
            guard let element = fields[field].first else {
                self = .optional(nil)
                return
            }
            self = .optional(try ConformanceValue(message: element, as: held.type))
        default: throw IoUError(.unsupported, "expected a tensor, found \(type)")
        }
    }

    private static func strings(_ message: [UInt8]) throws(IoUError) -> TensorLiteral {
        let literal: TensorLiteral
        do throws(GraphError) {
            literal = try TensorLiteral(decoding: message)
        } catch {
            throw IoUError(.badData, error.message)
        }
        guard case .strings(let elements) = literal.content,
            literal.elementCount == elements.count
        else { throw IoUError(.badData, "expected strings, found \(literal.type)") }
        return literal
    }
}

/// The fields of an ONNX message that are messages themselves, by their numbers.
private struct MessageFields {
    private var fields: [Int: [[UInt8]]] = [:]

    /// - Throws: `badData` where the bytes are no message.
    init(_ bytes: [UInt8]) throws(IoUError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let key = try Self.number(&rest)
            switch key & 7 {
            case 0: _ = try Self.number(&rest)
            case 1: _ = try Self.take(8, &rest)
            case 2:
                fields[Int(key >> 3), default: []].append(
                    try Self.take(Self.number(&rest), &rest))
            case 5: _ = try Self.take(4, &rest)
            default: throw Self.malformed
            }
        }
    }

    subscript(number: Int) -> [[UInt8]] { fields[number] ?? [] }

    private static let malformed = IoUError(
        .badData, "expected a sequence or an optional, found other bytes")

    private static func number(_ rest: inout ArraySlice<UInt8>) throws(IoUError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw malformed }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        throw malformed
    }

    private static func take(
        _ count: UInt64, _ rest: inout ArraySlice<UInt8>
    ) throws(IoUError) -> [UInt8] {
        guard count <= rest.count else { throw malformed }
        defer { rest = rest.dropFirst(Int(count)) }
        return Array(rest.prefix(Int(count)))
    }
}
