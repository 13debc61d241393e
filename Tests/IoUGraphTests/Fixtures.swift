@testable import IoUGraph

/// Models that use what ONNX has.
enum Fixtures {
    /// Something of everything that a file can hold.
    static var everything: Model {
        var model = Model(graph: graph)
        model.irVersion = 10
        model.operatorSets.append(OperatorSet(domain: "ai.iou", version: 1))
        model.producerName = "producer"
        model.producerVersion = "1"
        model.domain = "domain"
        model.modelVersion = 3
        model.documentation = "about"
        model.metadata = [Property("iou.version", "1"), Property("empty", "")]
        model.functions = [function]
        model.training = [training]
        return model
    }

    private static var graph: Graph {
        var graph = Graph(name: "main")
        graph.inputs = [ValueInfo("x", .tensor(.float32, ["batch", 3, .unknown]))]
        graph.outputs = [ValueInfo("y", .tensor(.float32, shape: nil)), ValueInfo("untyped")]
        graph.nodes = [
            Node("If", name: "choose", inputs: ["c"], outputs: ["y"], attributes: [branch]),
            Node("Clip", inputs: ["x", "", "six"], outputs: ["untyped"]),
        ]
        graph.nodes[1].domain = "ai.iou"
        graph.nodes[1].overload = "v2"
        graph.nodes[1].metadata = [Property("k", "v")]
        graph.initializers = [
            TensorLiteral("six", floats: [6], dimensions: []), strings, external,
        ]
        graph.sparseInitializers = [sparse]
        graph.valueInfo = [ValueInfo("inner", .tensor(.int64, [2]))]
        graph.quantization = [
            QuantizationAnnotation(
                tensor: "x", parameters: [Property("SCALE_TENSOR", "six")])
        ]
        graph.documentation = "graph"
        graph.metadata = [Property("g", "1")]
        return graph
    }

    private static var branch: Attribute {
        var inner = Graph(name: "then")
        inner.nodes = [Node("Identity", inputs: ["x"], outputs: ["z"])]
        inner.outputs = [ValueInfo("z")]
        return Attribute("then_branch", .graph(inner))
    }

    private static var strings: TensorLiteral {
        TensorLiteral(
            "names", type: .string, dimensions: [2], content: .strings([Array("a".utf8), [0xff]]))
    }

    private static var external: TensorLiteral {
        TensorLiteral(
            "outside", type: .float16, dimensions: [8],
            content: .external([Property("location", "w.bin"), Property("offset", "4096")]))
    }

    private static var sparse: SparseTensor {
        SparseTensor(
            values: TensorLiteral("s", floats: [1, 2], dimensions: [2]),
            indices: TensorLiteral("", ints: [3, 5]), dimensions: [9])
    }

    private static var function: Function {
        var function = Function(name: "ConvRelu", domain: "ai.iou")
        function.inputs = ["a"]
        function.outputs = ["b"]
        function.attributes = ["strides"]
        function.defaults = [Attribute("alpha", .float(0.5))]
        function.operatorSets = [OperatorSet(domain: "", version: 17)]
        function.nodes = [
            Node(
                "Relu", inputs: ["a"], outputs: ["b"],
                attributes: [Attribute("strides", .reference(name: "strides", kind: 7))])
        ]
        return function
    }

    private static var training: TrainingInfo {
        var training = TrainingInfo()
        training.algorithm = Graph(name: "step")
        training.updateBinding = [Property("six", "six_new")]
        return training
    }

    static let attributes: [Attribute] = [
        Attribute("f", .float(-0.0)), Attribute("i", .int(.min)), .text("s", "text"),
        Attribute("s", .string([0, 255])), Attribute("fs", .floats([1, 2.5])),
        Attribute("is", .ints([-1, 0, 300])), Attribute("none", .ints([])),
        Attribute("ss", .strings([[65], []])),
        Attribute("t", .tensor(TensorLiteral("", ints: [1]))),
        Attribute("ts", .tensors([TensorLiteral("n", floats: [1], dimensions: [])])),
        Attribute("g", .graph(Graph(name: "inner"))),
        Attribute("gs", .graphs([Graph(name: "a"), Graph(name: "b")])),
        Attribute("sp", .sparseTensor(sparse)), Attribute("sps", .sparseTensors([sparse])),
        Attribute("ty", .type(TypeInfo.Described(types[0], denotation: "IMAGE"))),
        Attribute("tys", .types(types.map { TypeInfo.Described($0) })),
        Attribute("r", .reference(name: "caller", kind: 2)), Attribute("n", .nothing(kind: 0)),
    ]

    static let types: [TypeInfo] = [
        .tensor(.float32, [1, "n", .unknown, 7]), .tensor(.undefined, shape: nil),
        .tensor(
            .uint8, shape: TypeInfo.Shape([1, 2], denotations: ["DATA_BATCH", "DATA_CHANNEL"])),
        .tensor(ElementType(rawValue: 99), []),
        .sparseTensor(.float32, shape: TypeInfo.Shape([5])),
        .sequence(TypeInfo.Described(.tensor(.float32, [2]))),
        .map(key: .int64, value: TypeInfo.Described(.tensor(.string, shape: nil))),
        .optional(
            TypeInfo.Described(.sequence(TypeInfo.Described(.tensor(.bool, shape: nil))))),
    ]
}
