package import IoURuntime

/// Which shapes the inputs of a model have in a measurement.
package struct InputShapes {
    /// Of every input.
    package let shapes: [String: [Int]]

    /// Whether the metadata gave some that the model and the arguments leave open.
    package let isNominal: Bool

    /// What `arguments` say, then the model, then the nominal size of its metadata.
    ///
    /// - Throws: `invalidArgument` where a shape is missing, or is of no input.
    package init(_ arguments: [ShapeArgument], for model: Model) throws(IoUError) {
        let inputs = model.inputs
        let names = inputs.map(\.name)
        if let stranger = arguments.first(where: { !names.contains($0.name) }) {
            let expected = names.map { "'\($0)'" }.joined(separator: ", ")
            throw IoUError(
                .invalidArgument,
                "--shape: the model has no input '\(stranger.name)', expected one of \(expected)")
        }
        let nominal = NominalShapes(of: model).shapes
        var shapes: [String: [Int]] = [:]
        var isNominal = false
        for input in inputs {
            if let given = arguments.last(where: { $0.name == input.name }) {
                shapes[input.name] = given.shape
            } else if let suggested = nominal[input.name] {
                shapes[input.name] = suggested
                isNominal = true
            } else {
                shapes[input.name] = try Self.fixedShape(of: input)
            }
        }
        self.shapes = shapes
        self.isNominal = isNominal
    }

    /// Such as "images=1x3x480x640", one after the other.
    package var sides: String {
        shapes.sorted { $0.key < $1.key }.map { name, sides in
            "\(name)=\(sides.isEmpty ? "scalar" : sides.map(String.init).joined(separator: "x"))"
        }.joined(separator: " ")
    }

    /// The sides, and whether they are nominal.
    package var text: String { sides + (isNominal ? " (nominal, from the metadata)" : "") }

    private static func fixedShape(of input: ValueInfo) throws(IoUError) -> [Int] {
        var shape: [Int] = []
        for case .fixed(let side) in input.shape ?? [] { shape.append(side) }
        guard let dimensions = input.shape, shape.count == dimensions.count else {
            throw IoUError(
                .invalidArgument,
                "input '\(input.name)': its shape is \(input.shapeDescription), expected "
                    + "--shape \(input.name)=\(example(input)), found none")
        }
        return shape
    }

    /// The shape with a number for everything that is open, such as "1x3x480x640".
    private static func example(_ input: ValueInfo) -> String {
        guard let dimensions = input.shape else { return "1x2x3" }
        let picture = [1, 3, 480, 640]
        let guesses = dimensions.count == 4 ? picture : dimensions.map { _ in 1 }
        return zip(dimensions, guesses).map { dimension, guess in
            if case .fixed(let side) = dimension { "\(side)" } else { "\(guess)" }
        }.joined(separator: "x")
    }
}
