import IoUGraph
import IoURuntime

/// A model for one data set, with tensors where its inputs and outputs are sequences or optionals,
/// which the runtime has inside graphs only. A sequence is made of as many inputs as it has
/// elements, and told as its length and the elements that are expected.
struct TensorBorder {
    private(set) var model: IoUGraph.Model
    private(set) var inputs: [String: Tensor] = [:]
    private(set) var expected: [(name: String, tensor: Tensor)] = []
    private var making: [Node] = []
    private var telling: [Node] = []

    /// - Throws: `badData` where the set has other files than the model has inputs and outputs.
    init(_ model: IoUGraph.Model, _ set: ConformanceCase.DataSet) throws(IoUError) {
        self.model = model
        let given = model.givenInputs
        self.model.graph.inputs.removeAll { given.contains($0) }
        self.model.graph.outputs = []
        for (info, value) in try Self.values(given, set.inputs, set, "input") {
            try make(info.name, info.type?.type, value)
        }
        for (info, value) in try Self.values(model.graph.outputs, set.outputs, set, "output") {
            tell(info.name, value)
        }
        self.model.graph.nodes = making + model.graph.nodes + telling
    }

    private static func values(
        _ infos: [IoUGraph.ValueInfo], _ files: [FilePath], _ set: ConformanceCase.DataSet,
        _ kind: String
    ) throws(IoUError) -> [(IoUGraph.ValueInfo, ConformanceValue)] {
        guard files.count == infos.count else {
            throw IoUError(
                .badData,
                "\(set.name): expected \(kind) files: \(infos.count), found \(files.count)")
        }
        return try zip(infos, files).map { (info, file) throws(IoUError) in
            let type = info.type?.type ?? .tensor(.undefined, shape: nil)
            return (info, try ConformanceValue(onnx: file, as: type))
        }
    }

    // MARK: Inputs

    private mutating func make(
        _ name: String, _ type: TypeInfo?, _ value: ConformanceValue
    ) throws(IoUError) {
        switch value {
        case .tensor(let tensor): makeTensor(name, tensor)
        case .sequence(let tensors): try makeSequence(name, type, tensors)
        case .optional(let element?):
            let inner = "\(name)/element"
            try make(inner, type?.held, element)
            making.append(Node("Optional", inputs: [inner], outputs: [name]))
        case .optional(nil):
            guard case .optional(let held) = type else { throw Self.untyped(name) }
            making.append(
                Node(
                    "Optional", inputs: [], outputs: [name],
                    attributes: [Attribute("type", .type(held))]))
        }
    }

    private mutating func makeTensor(_ name: String, _ tensor: Tensor) {
        let element = IoUGraph.ElementType(rawValue: Int32(tensor.type.rawValue))
        model.graph.inputs.append(
            IoUGraph.ValueInfo(name, .tensor(element, shape: nil)))
        inputs[name] = tensor
    }

    private mutating func makeSequence(
        _ name: String, _ type: TypeInfo?, _ tensors: [Tensor]
    ) throws(IoUError) {
        guard case .tensor(let element, _) = type?.held else { throw Self.untyped(name) }
        let parts = tensors.indices.map { "\(name)/\($0)" }
        for (part, tensor) in zip(parts, tensors) { makeTensor(part, tensor) }
        making.append(
            parts.isEmpty
                ? Node(
                    "SequenceEmpty", inputs: [], outputs: [name],
                    attributes: [Attribute("dtype", .int(Int64(element.rawValue)))])
                : Node("SequenceConstruct", inputs: parts, outputs: [name]))
    }

    private static func untyped(_ name: String) -> IoUError {
        IoUError(.badModel, "input '\(name)': expected the type of its elements, found none")
    }

    // MARK: Outputs

    private mutating func tell(_ name: String, _ value: ConformanceValue) {
        switch value {
        case .tensor(let tensor):
            model.graph.outputs.append(IoUGraph.ValueInfo(name))
            expected.append((name, tensor))
        case .sequence(let tensors): tellSequence(name, tensors)
        case .optional(let element):
            let has = [element == nil ? 0 : 1] as [UInt8]
            ask("OptionalHasElement", [name], "\(name)/has", Tensor(scalar: has, .bool))
            guard let element else { return }
            let inner = "\(name)/element"
            telling.append(Node("OptionalGetElement", inputs: [name], outputs: [inner]))
            tell(inner, element)
        }
    }

    private mutating func tellSequence(_ name: String, _ tensors: [Tensor]) {
        let count = Tensor(scalar: Int64(tensors.count).bytes, .int64)
        ask("SequenceLength", [name], "\(name)/length", count)
        for (index, tensor) in tensors.enumerated() {
            var position = TensorLiteral("\(name)/\(index)/at", ints: [Int64(index)])
            position.dimensions = []
            model.graph.initializers.append(position)
            ask("SequenceAt", [name, position.name], "\(name)/\(index)", tensor)
        }
    }

    private mutating func ask(
        _ type: String, _ inputs: [String], _ name: String, _ tensor: Tensor
    ) {
        telling.append(Node(type, inputs: inputs, outputs: [name]))
        tell(name, .tensor(tensor))
    }
}

extension IoUGraph.Model {
    /// The inputs that no constant is the default of.
    var givenInputs: [IoUGraph.ValueInfo] {
        let constants = Set(graph.initializers.map(\.name))
        return graph.inputs.filter { !constants.contains($0.name) }
    }

    /// Whether an input or output is a sequence or an optional.
    var hasCompositeBorder: Bool {
        (graph.inputs + graph.outputs).contains { $0.type?.type.held != nil }
    }
}

extension TypeInfo {
    /// What a sequence or an optional holds; nil of others.
    var held: TypeInfo? {
        switch self {
        case .sequence(let element), .optional(let element): element.type
        default: nil
        }
    }
}

extension Tensor {
    fileprivate init(scalar bytes: [UInt8], _ type: IoURuntime.ElementType) {
        do {
            try self.init(type: type, shape: [], bytes: bytes)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

extension Int64 {
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}
