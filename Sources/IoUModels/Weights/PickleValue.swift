/// What a pickle can say of weights. Containers are numbers in the lists of `PickleObjects`, so
/// that no nesting or cycle of a malformed file becomes one of ours.
enum PickleValue: Hashable {
    case none
    case bool(Bool)
    case int(Int)
    case text(String)
    /// Its number among the runs of bytes; Python 2's texts are such.
    case bytes(Int)
    /// A tuple, list or set: its number among the sequences.
    case sequence(Int)
    /// A dictionary: its number among the maps.
    case map(Int)
    /// The name of a class or function, with its module: `torch._utils._rebuild_tensor_v2`.
    case global(String)
    /// Its number among the storages.
    case storage(Int)
    /// Its number among the tensors.
    case tensor(Int)
    /// A NumPy array: its number among these.
    case array(Int)
    /// A NumPy type: its number among these.
    case numberType(Int)
    /// Anything else: built from names that mean nothing here, and never run.
    case opaque
}

/// A run of numbers in the file.
struct PickleStorage: Hashable {
    /// Such as `FloatStorage`.
    let type: String
    let key: String
    /// Elements.
    let count: Int

    var format: NumberFormat { Self.formats[type] ?? .other(type, size: 0) }

    private static let formats: [String: NumberFormat] = [
        "FloatStorage": .float32, "HalfStorage": .float16, "BFloat16Storage": .bfloat16,
        "DoubleStorage": .float64, "LongStorage": .other("LongStorage", size: 8),
        "IntStorage": .other("IntStorage", size: 4),
        "ShortStorage": .other("ShortStorage", size: 2),
        "CharStorage": .other("CharStorage", size: 1),
        "ByteStorage": .other("ByteStorage", size: 1),
        "BoolStorage": .other("BoolStorage", size: 1),
    ]
}

/// A view of numbers.
struct PickleTensor: Hashable {
    enum Place: Hashable {
        /// PyTorch's: the key of a storage.
        case storage(String)
        /// NumPy's: the number of a run of bytes.
        case bytes(Int)
    }

    let place: Place
    let numbers: StridedNumbers
}

/// How a NumPy array stores a number.
struct PickleNumberType: Hashable {
    let format: NumberFormat
    var isBigEndian = false

    /// A type by NumPy's short name of it, such as `f4` or `>i8`.
    init?(_ name: String) {
        let code = name.drop { "<>=|".contains($0) }
        guard let kind = code.first, let size = Int(code.dropFirst()), size >= 0 else { return nil }
        isBigEndian = name.hasPrefix(">")
        format =
            switch code {
            case "f2": .float16
            case "f4": .float32
            case "f8": .float64
            default: .other(String(code), size: kind == "U" ? 0 : size)
            }
    }
}
