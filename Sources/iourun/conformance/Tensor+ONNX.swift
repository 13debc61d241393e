import IoUGraph
import IoURuntime

extension Tensor {
    /// A file that holds one tensor, as ONNX's tests have them.
    ///
    /// - Throws: `badData` where the file is none; `unsupported` for a type that is not held.
    init(onnx file: FilePath) throws(IoUError) {
        let literal = try Self.literal(file)
        guard let type = IoURuntime.ElementType(onnx: literal.type) else {
            throw IoUError(
                .unsupported,
                "'\(file)': expected a tensor of numbers, found one of \(literal.type)")
        }
        guard case .bytes(let blob) = literal.content else {
            throw IoUError(
                .badData, "'\(file)': expected elements in the file, found others' names")
        }
        let shape = literal.dimensions.map { Int(clamping: $0) }
        do throws(IoUError) {
            try self.init(
                type: type, shape: shape, bytes: Self.unpacked(blob.bytes, type, literal))
        } catch {
            throw IoUError(.badData, "'\(file)': \(error.message)")
        }
    }

    /// Elements of less than a byte, which files pack from the low bits up, in a byte each.
    private static func unpacked(
        _ bytes: [UInt8], _ type: IoURuntime.ElementType, _ literal: TensorLiteral
    ) -> [UInt8] {
        guard let bits = literal.type.bitWidth, bits < 8, let count = literal.elementCount,
            literal.type.byteCount(count) == bytes.count
        else { return bytes }
        let unused = 8 - bits
        return (0..<count).map { index in
            let high = bytes[index * bits / 8] << (unused - index * bits % 8)
            return type.isSigned
                ? UInt8(bitPattern: Int8(bitPattern: high) >> unused) : high >> unused
        }
    }

    private static func literal(_ file: FilePath) throws(IoUError) -> TensorLiteral {
        do throws(GraphError) {
            return try TensorLiteral(path: file.description)
        } catch {
            throw IoUError(.badData, error.message)
        }
    }
}

extension IoURuntime.ElementType {
    /// Nil for a type that the runtime does not hold.
    init?(onnx type: IoUGraph.ElementType) {
        guard let number = UInt32(exactly: type.rawValue) else { return nil }
        self.init(rawValue: number)
    }

    fileprivate var isSigned: Bool { self == .int4 || self == .int2 }
}
