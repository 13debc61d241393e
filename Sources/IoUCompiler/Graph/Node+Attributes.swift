package import IoUGraph

extension Node {
    /// The attribute's number; nil where the node has none of that name and type.
    package func int(_ name: String) -> Int64? {
        if case .int(let value) = attribute(name) { value } else { nil }
    }

    /// The attribute's numbers; nil where the node has none of that name and type.
    package func ints(_ name: String) -> [Int64]? {
        if case .ints(let values) = attribute(name) { values } else { nil }
    }

    /// The attribute's number; nil where the node has none of that name and type.
    package func float(_ name: String) -> Float? {
        if case .float(let value) = attribute(name) { value } else { nil }
    }

    /// The attribute's text; nil where the node has none of that name and type.
    package func text(_ name: String) -> String? {
        guard case .string(let bytes) = attribute(name) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The value that input `index` is; nil where it is left out.
    package func input(_ index: Int) -> String? {
        inputs.indices.contains(index) && !inputs[index].isEmpty ? inputs[index] : nil
    }
}
