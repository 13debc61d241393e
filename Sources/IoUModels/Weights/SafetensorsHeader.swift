import FoundationEssentials
import IoUGraph

/// Where one tensor is and what it holds.
struct SafetensorsEntry: Sendable {
    /// Such as `F32`.
    let type: String
    let shape: [Int]
    /// Bytes, counted from the end of the header.
    let range: Range<Int>
}

/// The JSON header of a safetensors file.
struct SafetensorsHeader {
    let entries: [String: SafetensorsEntry]
    /// The texts of `__metadata__`.
    let notes: [String: String]

    private struct Description: Decodable {
        let dtype: String
        let shape: [Int]
        let data_offsets: [Int]
    }

    /// A tensor's description, or the file's notes, which are text.
    private enum Item: Decodable {
        case tensor(Description)
        case notes([String: String])

        init(from decoder: any Decoder) throws {
            if decoder.codingPath.last?.stringValue == "__metadata__" {
                self = .notes(try [String: String](from: decoder))
            } else {
                self = .tensor(try Description(from: decoder))
            }
        }

        var keyCount: Int {
            switch self {
            case .tensor: 3
            case .notes(let notes): notes.count
            }
        }
    }

    init(_ text: Blob) throws(GraphError) {
        let items = try Self.parse(text)
        try Self.checkKeys(text, items)
        var entries: [String: SafetensorsEntry] = [:]
        var notes: [String: String] = [:]
        for (name, item) in items {
            switch item {
            case .tensor(let description): entries[name] = try Self.entry(name, description)
            case .notes(let texts): notes = texts
            }
        }
        (self.entries, self.notes) = (entries, notes)
    }

    private static func parse(_ text: Blob) throws(GraphError) -> [String: Item] {
        do {
            return try JSONDecoder().decode([String: Item].self, from: Data(text.bytes))
        } catch {
            throw GraphError(.malformed, "its header is not the JSON of a list of tensors")
        }
    }

    /// The decoder drops all but one of equal keys, so they are counted in the text: colons outside
    /// strings.
    private static func checkKeys(_ text: Blob, _ items: [String: Item]) throws(GraphError) {
        let colons = text.withUnsafeBytes { bytes in
            var (count, inString, escaped) = (0, false, false)
            for byte in bytes {
                if escaped {
                    escaped = false
                } else if inString {
                    escaped = byte == UInt8(ascii: "\\")
                    inString = byte != UInt8(ascii: "\"")
                } else {
                    inString = byte == UInt8(ascii: "\"")
                    count += byte == UInt8(ascii: ":") ? 1 : 0
                }
            }
            return count
        }
        let keys = items.values.reduce(items.count) { $0 + $1.keyCount }
        guard colons == keys else {
            throw GraphError(.malformed, "its header has a key twice, or one that is not known")
        }
    }

    /// Bits of a number.
    private static let sizes = [
        "F64": 64, "F32": 32, "F16": 16, "BF16": 16, "I64": 64, "I32": 32, "I16": 16, "I8": 8,
        "U64": 64, "U32": 32, "U16": 16, "U8": 8, "BOOL": 8, "C64": 64, "F8_E4M3": 8, "F8_E5M2": 8,
        "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F8_E8M0": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
    ]

    private static func entry(
        _ name: String, _ description: Description
    ) throws(GraphError) -> SafetensorsEntry {
        guard let size = sizes[description.dtype] else {
            throw GraphError(
                .unsupported, "tensor '\(name)' has the unknown type '\(description.dtype)'")
        }
        let offsets = description.data_offsets
        guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1] else {
            throw GraphError(.malformed, "tensor '\(name)' has no range of bytes")
        }
        guard byteCount(description.shape, size) == offsets[1] - offsets[0] else {
            throw GraphError(
                .malformed,
                "tensor '\(name)' of shape \(description.shape) and type \(description.dtype) "
                    + "has \(offsets[1] - offsets[0]) bytes")
        }
        return SafetensorsEntry(
            type: description.dtype, shape: description.shape, range: offsets[0]..<offsets[1])
    }

    /// Nil where the numbers of so many bits fill no whole bytes.
    private static func byteCount(_ shape: [Int], _ bits: Int) -> Int? {
        var count = bits
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            if extent < 0 || overflow { return nil }
            count = product
        }
        return count % 8 == 0 ? count / 8 : nil
    }

    /// The tensors must cover the data, each byte once.
    static func checkTiling(
        _ entries: [String: SafetensorsEntry], size: Int
    ) throws(GraphError) {
        let sorted = entries.sorted {
            ($0.value.range.lowerBound, $0.value.range.upperBound, $0.key)
                < ($1.value.range.lowerBound, $1.value.range.upperBound, $1.key)
        }
        var end = 0
        for (name, entry) in sorted {
            guard entry.range.lowerBound == end else {
                throw GraphError(
                    .malformed,
                    "tensor '\(name)' begins at byte \(entry.range.lowerBound), expected \(end)")
            }
            end = entry.range.upperBound
        }
        guard end == size else {
            throw GraphError(.malformed, "its tensors have \(end) bytes, its data \(size)")
        }
    }
}
