import IoUGraph
import IoURuntime

/// A model for one data set, with tensors of numbers where its inputs and outputs are sequences,
/// optionals or strings, which the runtime has inside graphs only. A sequence is made of as many
/// inputs as it has elements, and told as its length and the elements that are expected. Strings
/// are constants, and told as their shape and whether each is the one that is expected.
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
        case .strings(let literal): keep(literal, as: name)
        case .sequence(let elements): try makeSequence(name, type, elements)
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

    private mutating func keep(_ literal: TensorLiteral, as name: String) {
        var literal = literal
        literal.name = name
        model.graph.initializers.append(literal)
    }

    private mutating func makeSequence(
        _ name: String, _ type: TypeInfo?, _ elements: [ConformanceValue]
    ) throws(IoUError) {
        guard case .tensor(let element, _) = type?.held else { throw Self.untyped(name) }
        let parts = elements.indices.map { "\(name)/\($0)" }
        for (part, element) in zip(parts, elements) { try make(part, nil, element) }
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
        case .strings(let literal): tellStrings(name, literal)
        case .sequence(let elements): tellSequence(name, elements)
        case .optional(let element):
            ask(
                "OptionalHasElement", [name], "\(name)/has",
                Tensor([element == nil ? 0 : 1], of: .bool, shape: []))
            guard let element else { return }
            let inner = "\(name)/element"
            telling.append(Node("OptionalGetElement", inputs: [name], outputs: [inner]))
            tell(inner, element)
        }
    }

    private mutating func tellSequence(_ name: String, _ elements: [ConformanceValue]) {
        ask("SequenceLength", [name], "\(name)/length", Tensor([elements.count], shape: []))
        for (index, element) in elements.enumerated() {
            var position = TensorLiteral("\(name)/\(index)/at", ints: [Int64(index)])
            position.dimensions = []
            model.graph.initializers.append(position)
            let inner = "\(name)/\(index)"
            telling.append(Node("SequenceAt", inputs: [name, position.name], outputs: [inner]))
            tell(inner, element)
        }
    }

    private mutating func tellStrings(_ name: String, _ literal: TensorLiteral) {
        let sides = literal.dimensions.map { Int($0) }
        ask("Shape", [name], "\(name)/shape", Tensor(sides, shape: [sides.count]))
        keep(literal, as: "\(name)/expected")
        let count = sides.reduce(1, *)
        ask(
            "Equal", [name, "\(name)/expected"], "\(name)/equal",
            Tensor([UInt8](repeating: 1, count: count), of: .bool, shape: sides))
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

    /// Whether an input or output is no tensor of numbers.
    var hasInnerBorder: Bool {
        (givenInputs + graph.outputs).contains { info in
            switch info.type?.type {
            case .tensor(.string, _), .sequence, .optional: true
            default: false
            }
        }
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
    /// Of bytes that fill the shape.
    fileprivate init(_ bytes: [UInt8], of type: IoURuntime.ElementType, shape: [Int]) {
        do {
            try self.init(type: type, shape: shape, bytes: bytes)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Of 64-bit integers that fill the shape.
    fileprivate init(_ numbers: [Int], shape: [Int]) {
        let bytes = numbers.map(Int64.init).withUnsafeBytes { Array($0) }
        self.init(bytes, of: .int64, shape: shape)
    }
}
