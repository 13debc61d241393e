import IoURuntime

/// Shapes that a detector's metadata suggests for inputs that the model leaves open: one picture
/// as large as its rule for resizing makes most of them.
struct NominalShapes {
    /// One for every input that is open and can be known.
    let shapes: [String: [Int]]

    init(of model: Model) {
        let inputs = model.inputs
        guard let rule = try? model.detectorInfo.input,
            let picture = inputs.first(where: { $0.name == rule.name }),
            let dimensions = picture.shape, dimensions.count == 4, let sides = Self.sides(by: rule)
        else {
            shapes = [:]
            return
        }
        let nominal = rule.layout == .planar ? [1, 3] + sides : [1] + sides + [3]
        var symbols: [String: Int] = [:]
        for (dimension, side) in zip(dimensions, nominal) {
            if case .symbol(let name) = dimension { symbols[name] = side }
        }
        // Other inputs, such as the sizes of the pictures, share the symbol of the batch.
        var shapes: [String: [Int]] = [:]
        for input in inputs {
            let open = input.name == picture.name ? nominal : []
            shapes[input.name] = Self.shape(of: input, open: open, symbols: symbols)
        }
        self.shapes = shapes
    }

    private static func shape(
        of input: ValueInfo, open: [Int], symbols: [String: Int]
    ) -> [Int]? {
        guard let dimensions = input.shape else { return nil }
        let shape = dimensions.enumerated().compactMap { axis, dimension in
            switch dimension {
            case .fixed(let side): side
            case .symbol(let name): symbols[name]
            case .unknown: axis < open.count ? open[axis] : nil
            }
        }
        let isOpen = dimensions.contains { if case .fixed = $0 { false } else { true } }
        return isOpen && shape.count == dimensions.count ? shape : nil
    }

    /// Height and width of the network's input for a picture whose sides have the rule's ratio.
    private static func sides(by rule: DetectorInfo.Input) -> [Int]? {
        let sides: [Int]
        switch rule.resize {
        case .shortLong(let short, let long), .shortThenLong(let short, let long):
            sides = [short, long]
        case .fit(let height, let width), .stretch(let height, let width): sides = [height, width]
        case .none: return nil
        }
        guard case .multiple(let multiple) = rule.padding else { return sides }
        return sides.map { ($0 + multiple - 1) / multiple * multiple }
    }
}
