/// Writes ONNX files of a few nodes, byte by byte, so that tests need no other tool.
package struct TinyONNX {
    package var nodes: [Node]
    package var inputs: [Value]
    package var outputs: [Value]
    /// What the file says of inner values.
    package var values: [Value] = []
    package var weights: [Weight] = []
    package var metadata: [(key: String, value: String)] = []
    package var opset = 17
    /// Beside that of the opset.
    package var operatorSets: [(domain: String, version: Int)] = []

    package init(nodes: [Node] = [], inputs: [Value], outputs: [Value] = []) {
        self.nodes = nodes
        self.inputs = inputs
        self.outputs = outputs
    }

    package struct Node {
        package var type: String
        package var name: String
        package var inputs: [String]
        package var outputs: [String]
        package var integers: [(name: String, values: [Int])]
        package var floats: [(name: String, value: Float)]
        package var domain: String

        package init(
            type: String, name: String, inputs: [String], outputs: [String],
            integers: [(name: String, values: [Int])] = [],
            floats: [(name: String, value: Float)] = [], domain: String = ""
        ) {
            self.type = type
            self.name = name
            self.inputs = inputs
            self.outputs = outputs
            self.integers = integers
            self.floats = floats
            self.domain = domain
        }
    }

    /// A side below zero is written as a symbol.
    package struct Value {
        package var name: String
        package var type: Int
        package var shape: [Int]

        package init(name: String, type: Int = 1, shape: [Int]) {
            self.name = name
            self.type = type
            self.shape = shape
        }
    }

    package struct Weight {
        package var name: String
        package var shape: [Int]
        package var values: [Float]

        package init(name: String, shape: [Int], values: [Float]) {
            self.name = name
            self.shape = shape
            self.values = values
        }
    }

    /// The file.
    package var bytes: [UInt8] {
        var graph = Wire()
        for node in nodes { graph.message(1, node.wire) }
        graph.text(2, "tiny")
        for weight in weights { graph.message(5, weight.wire) }
        for value in inputs { graph.message(11, value.wire) }
        for value in outputs { graph.message(12, value.wire) }
        for value in values { graph.message(13, value.wire) }
        var model = Wire()
        model.number(1, 8)
        model.text(2, "tests")
        model.message(7, graph)
        for (domain, version) in [("", opset)] + operatorSets {
            model.message(8) { set in
                set.text(1, domain)
                set.number(2, version)
            }
        }
        for (key, value) in metadata {
            model.message(14) { entry in
                entry.text(1, key)
                entry.text(2, value)
            }
        }
        return model.bytes
    }

    /// One unary operator from "x" to "y".
    package static func unary(
        _ type: String, shape: [Int] = [2, 3], elementType: Int = 1, output: String = "y"
    ) -> TinyONNX {
        TinyONNX(
            nodes: [Node(type: type, name: "only", inputs: ["x"], outputs: [output])],
            inputs: [Value(name: "x", type: elementType, shape: shape)],
            outputs: [Value(name: output, type: elementType, shape: shape)])
    }
}
