import IoURuntime

/// From a picture to the network's input, in the words of the metadata.
struct InputFacts: Encodable {
    let name: String
    let layout: String
    let color: String
    let range: String
    let mean: String
    let std: String
    let resize: String
    let pad: String
    let side: String

    init(_ input: DetectorInfo.Input) {
        name = input.name
        layout = input.layout == .planar ? "nchw" : "nhwc"
        color = "\(input.channels)"
        range = input.range.short
        mean = input.mean.listed
        std = input.standardDeviation.listed
        resize =
            switch input.resize {
            case .shortLong(let short, let long): "short-long \(short) \(long)"
            case .shortThenLong(let short, let long): "short-then-long \(short) \(long)"
            case .fit(let height, let width): "fit \(height) \(width)"
            case .stretch(let height, let width): "stretch \(height) \(width)"
            case .none: "none"
            }
        pad =
            switch input.padding {
            case .multiple(let multiple): "multiple \(multiple)"
            case .exact: "exact"
            }
        side = input.isCentred ? "centre" : "bottom-right"
    }

    var text: String {
        "\(color), 0 to \(range), mean \(mean), std \(std), resize \(resize), pad \(pad) \(side)"
    }
}

extension DetectorInfo.Outputs {
    var name: String {
        switch self {
        case .maps: "maps"
        case .detections: "detections"
        case .rows: "rows"
        }
    }
}

extension [Float]? {
    /// Strides as the metadata has them.
    var text: String { self?.listed ?? "padded/map" }
}

extension [Float] {
    fileprivate var listed: String { map(\.short).joined(separator: " ") }
}

extension Float {
    /// The shortest text of the number, without a point where it is whole.
    fileprivate var short: String {
        let text = "\(self)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
