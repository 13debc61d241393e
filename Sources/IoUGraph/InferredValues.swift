import CIoU.Ops

/// What the runtime infers of a model.
public struct InferredValues: Sendable {
    /// The types that are known, of inputs, constants and outputs of nodes.
    public private(set) var types: [String: TypeInfo] = [:]
    /// Of small integer and boolean values that are known before any run, row-major.
    public private(set) var elements: [String: [Int64]] = [:]
    /// What does not fit, node by node; the outputs of such nodes are unknown. Values that are
    /// undefined or defined twice are not among them: `Model.problems()` has those.
    public private(set) var problems: [GraphError] = []

    /// Nothing is known.
    public init() {}

    init(_ model: [UInt8]) throws(GraphError) {
        var handle: OpaquePointer?
        var problem = iou_error()
        let status = model.withUnsafeBytes {
            iou_infer_model(&handle, $0.baseAddress, $0.count, &problem)
        }
        guard status == IOU_OK else { throw GraphError(status, problem, otherwise: .invalidGraph) }
        defer { iou_inferred_close(&handle) }
        readValues(handle)
        problems = Self.problems(handle)
    }

    private mutating func readValues(_ handle: OpaquePointer?) {
        for index in 0..<iou_inferred_count(handle) {
            var info = iou_value_info()
            guard iou_inferred_value(handle, index, &info) == IOU_OK, let name = info.name else {
                continue
            }
            types[String(cString: name)] = Self.type(info)
            elements[String(cString: name)] = Self.elements(handle, index)
        }
    }

    private static func elements(_ handle: OpaquePointer?, _ index: Int) -> [Int64]? {
        var values = [Int64](repeating: 0, count: Int(IOU_MAX_KNOWN_ELEMENTS))
        var count = 0
        guard iou_inferred_elements(handle, index, &values, &count) else { return nil }
        return Array(values.prefix(count))
    }

    private static func problems(_ handle: OpaquePointer?) -> [GraphError] {
        (0..<iou_inferred_problem_count(handle)).map { index in
            var kind = IOU_OK
            var text: UnsafePointer<CChar>?
            _ = iou_inferred_problem(handle, index, &kind, &text)
            return GraphError(
                kind, text.map { String(cString: $0) } ?? "", otherwise: .invalidGraph)
        }
    }

    private static func type(_ info: iou_value_info) -> TypeInfo? {
        let number = Int(info.type.rawValue)
        let bits = Int(IOU_SEQUENCE_OF) | Int(IOU_OPTIONAL_OF)
        guard number & bits == 0 else {
            var type = TypeInfo.tensor(ElementType(rawValue: Int32(number & ~bits)), shape: nil)
            if number & Int(IOU_SEQUENCE_OF) != 0 { type = .sequence(TypeInfo.Described(type)) }
            if number & Int(IOU_OPTIONAL_OF) != 0 { type = .optional(TypeInfo.Described(type)) }
            return type
        }
        let element = ElementType(rawValue: Int32(number))
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
