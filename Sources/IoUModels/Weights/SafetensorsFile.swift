public import IoUGraph

/// A file of named tensors in the safetensors format: an 8-byte length, a JSON header, the data.
///
/// Source: the format's description in its README. Nothing of the file is believed before it is
/// checked; the data stays in the file until it is used.
public struct SafetensorsFile: TensorFile {
    /// The format's own limit.
    static let longestHeader = 100_000_000

    /// Names in rising order.
    public let names: [String]
    /// The texts of `__metadata__`.
    let notes: [String: String]
    private let entries: [String: SafetensorsEntry]
    private let data: Blob
    /// For messages.
    let path: String

    /// Maps and checks the file. Throws `.inputOutput`, or `.malformed` or `.limit` with what is
    /// wrong in it.
    public init(path: String) throws(GraphError) {
        try self.init(Blob(MappedFile(path: path)), path: path)
    }

    /// Checks the bytes of a file.
    init(_ file: Blob, path: String) throws(GraphError) {
        do throws(GraphError) {
            let text = try Self.header(file)
            let header = try SafetensorsHeader(text)
            (entries, notes) = (header.entries, header.notes)
            data = file[8 + text.count..<file.count]
            try SafetensorsHeader.checkTiling(entries, size: data.count)
        } catch {
            throw GraphError(error.code, "'\(path)' is no safetensors file: \(error.message)")
        }
        names = entries.keys.sorted()
        self.path = path
    }

    /// Whether a length that the format allows and the start of a JSON object begin a file.
    static func begins(_ file: Blob) -> Bool {
        file.withUnsafeBytes { bytes in
            bytes.count > 8 && bytes[8] == UInt8(ascii: "{")
                && UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
                    <= UInt64(longestHeader)
        }
    }

    private static func header(_ file: Blob) throws(GraphError) -> Blob {
        guard file.count >= 8 else {
            throw GraphError(.malformed, "it has \(file.count) bytes, expected at least 8")
        }
        let length = file.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))
        }
        guard length <= UInt64(longestHeader) else {
            throw GraphError(
                .limit, "its header has \(length) bytes, the format allows \(longestHeader)")
        }
        guard Int(length) <= file.count - 8 else {
            throw GraphError(
                .malformed, "its header has \(length) bytes, \(file.count - 8) are there")
        }
        return file[8..<8 + Int(length)]
    }
}

extension SafetensorsFile {
    /// The shape of a tensor; nil when there is none of that name.
    public func shape(_ name: String) -> [Int]? { entries[name]?.shape }

    private static let formats: [String: NumberFormat] = [
        "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16,
    ]

    /// A tensor as 32-bit floats: F32 in place, F64, F16 and BF16 converted.
    ///
    /// Throws `.mismatch` when there is none of that name, `.unsupported` for other types.
    public func float32(_ name: String) throws(GraphError) -> TensorLiteral {
        guard let entry = entries[name] else {
            throw GraphError(.mismatch, "'\(path)' has no tensor '\(name)'")
        }
        let blob = data[entry.range]
        let dimensions = entry.shape.map { Int64($0) }
        guard let format = Self.formats[entry.type] else {
            throw GraphError(
                .unsupported,
                "'\(path)': tensor '\(name)' is \(entry.type), expected F64, F32, F16 or BF16")
        }
        if format == .float32 {
            return TensorLiteral(
                name, type: .float32, dimensions: dimensions, content: .bytes(blob))
        }
        let floats = blob.withUnsafeBytes { format.floats($0, at: 0..<blob.count / format.size) }
        return TensorLiteral(name, floats: floats ?? [], dimensions: dimensions)
    }
}
