import IoUGraph

/// The constants of a graph that is rewritten, in order.
struct ConstantTable {
    private var order: [String] = []
    private var tensors: [String: TensorLiteral] = [:]
    /// Constants that a caller may override.
    private let overridable: Set<String>

    init(overridable: Set<String>) {
        self.overridable = overridable
    }

    var names: [String] { order }

    var all: [TensorLiteral] { order.compactMap { tensors[$0] } }

    subscript(name: String) -> TensorLiteral? { tensors[name] }

    func isOverridable(_ name: String) -> Bool { overridable.contains(name) }

    mutating func add(_ tensor: TensorLiteral) {
        order.append(tensor.name)
        tensors[tensor.name] = tensor
    }

    mutating func remove(_ names: Set<String>) {
        for name in names { tensors[name] = nil }
        order.removeAll { names.contains($0) }
    }
}
