import CIoU.Ops
import CONNX

extension Model {
    /// Fills `graph.valueInfo` with the type of every inner value that can be told, with symbols.
    ///
    /// Types come from the runtime's operators. Throws `.invalidGraph` with what does not fit.
    public mutating func inferShapes() throws(GraphError) {
        let inferred = try InferredValues(skeleton.encoded()).types
        let stated = Set((graph.inputs + graph.outputs).map(\.name))
        let made = graph.nodes.flatMap(\.outputs).filter { !$0.isEmpty && !stated.contains($0) }
        graph.valueInfo = made.compactMap { name in
            inferred[name].map { ValueInfo(name, $0) }
        }
    }

    /// The model without its large constants, which become inputs: types need no weights.
    private var skeleton: Model {
        var copy = self
        copy.graph.initializers = graph.initializers.filter { !Self.isLarge($0) }
        let inputs = Set(graph.inputs.map(\.name))
        copy.graph.inputs += graph.initializers.filter(Self.isLarge)
            .filter { !inputs.contains($0.name) }
            .map { ValueInfo($0.name, .tensor($0.type, $0.dimensions.map { .number($0) })) }
        return copy
    }

    private static func isLarge(_ tensor: TensorLiteral) -> Bool {
        guard case .bytes(let blob) = tensor.content else { return false }
        return blob.count > 1024
    }
}

/// What the runtime infers of a model.
private struct InferredValues {
    private(set) var types: [String: TypeInfo] = [:]

    init(_ model: [UInt8]) throws(GraphError) {
        var handle: OpaquePointer?
        var problem = iou_error()
        let status = model.withUnsafeBytes {
            iou_infer_model(&handle, $0.baseAddress, $0.count, &problem)
        }
        guard status == IOU_OK else { throw Self.error(status, problem) }
        defer { iou_inferred_close(&handle) }
        for index in 0..<iou_inferred_count(handle) {
            var info = iou_value_info()
            guard iou_inferred_value(handle, index, &info) == IOU_OK, let name = info.name else {
                continue
            }
            types[String(cString: name)] = Self.type(info)
        }
    }

    private static func error(_ status: iou_status, _ problem: iou_error) -> GraphError {
        let text = withUnsafeBytes(of: problem.text) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        switch status {
        case IOU_UNSUPPORTED: return GraphError(.unsupported, text)
        case IOU_LIMIT: return GraphError(.limit, text)
        default: return GraphError(.invalidGraph, text)
        }
    }

    private static func type(_ info: iou_value_info) -> TypeInfo? {
        let element = ElementType(rawValue: Int32(info.type.rawValue))
        if element == .undefined { return nil }
        if info.rank < 0 { return .tensor(element, shape: nil) }
        var info = info
        let extents = withUnsafeBytes(of: &info.dims) { Array($0.bindMemory(to: Int64.self)) }
        let symbols = withUnsafeBytes(of: &info.symbols) {
            Array($0.bindMemory(to: UnsafePointer<CChar>?.self))
        }
        return .tensor(element, (0..<Int(info.rank)).map { dimension(extents[$0], symbols[$0]) })
    }

    private static func dimension(
        _ extent: Int64, _ symbol: UnsafePointer<CChar>?
    ) -> Dimension {
        if extent >= 0 { return .number(extent) }
        return symbol.map { .symbol(String(cString: $0)) } ?? .unknown
    }
}
