/// What a pickle can say of a checkpoint. Containers are numbers in the lists of `PickleObjects`, so
/// that no nesting or cycle of a hostile file becomes one of ours.
enum PickleValue: Hashable {
    case none
    case bool(Bool)
    case int(Int)
    case text(String)
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
}

/// A view of a storage.
struct PickleTensor: Hashable {
    let storage: PickleStorage
    /// Elements before the first.
    let offset: Int
    let shape: [Int]
    let strides: [Int]

    /// Whether the elements stand in order, without gaps.
    var isRowMajor: Bool {
        var step = 1
        for (extent, stride) in zip(shape, strides).reversed() {
            if extent != 1 && stride != step { return false }
            step *= extent
        }
        return true
    }
}
