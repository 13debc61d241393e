import IoURuntime

/// The protocol's names of element types.
enum Datatype {
    private static let names: [(type: ElementType, name: String)] = [
        (.bool, "BOOL"), (.uint8, "UINT8"), (.uint16, "UINT16"), (.uint32, "UINT32"),
        (.uint64, "UINT64"), (.int8, "INT8"), (.int16, "INT16"), (.int32, "INT32"),
        (.int64, "INT64"), (.float16, "FP16"), (.float32, "FP32"), (.float64, "FP64"),
        (.bfloat16, "BF16"),
    ]

    /// A type without a name of the protocol has ONNX's.
    static func name(of type: ElementType?) -> String {
        guard let type else { return "BYTES" }
        return names.first { $0.type == type }?.name ?? type.description.uppercased()
    }

    static func type(_ name: String, at place: String) throws(ServerError) -> ElementType {
        guard let type = names.first(where: { $0.name == name })?.type else {
            throw .badRequest(
                "\(place): expected one of \(names.map(\.name).joined(separator: ", ")), found "
                    + name.quoted)
        }
        return type
    }
}
