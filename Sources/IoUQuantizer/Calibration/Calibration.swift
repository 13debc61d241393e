import IoUGraph
import IoURuntime

/// The ranges of activations, from pictures.
struct Calibration {
    /// By value.
    private(set) var ranges: [String: ActivationRange] = [:]

    /// The least and the greatest number that a value held.
    typealias Extremes = (low: Float, high: Float)

    init(
        of values: [String], in model: IoUGraph.Model, by method: CalibrationMethod,
        _ pictures: inout CalibrationPictures, options: SessionOptions
    ) throws {
        let observed = ObservedModel(model, observing: values.map { [$0] }, options: options)
        let all = Array(pictures.files.indices)
        var extremes = [Extremes](repeating: (.infinity, -.infinity), count: values.count)
        let files = pictures.files
        try observed.run(&pictures, at: all, work: "ranges") { number, picture, session in
            let output = try session.output(ObservedModel.outputName(values[number]))
            let found = try Self.extremes(output.elements(as: Float.self))
            guard let found else { throw Self.notFinite(values[number], in: files[picture]) }
            extremes[number].low = min(extremes[number].low, found.low)
            extremes[number].high = max(extremes[number].high, found.high)
        }
        for (number, value) in values.enumerated()
        where extremes[number].low <= extremes[number].high {
            ranges[value] = ActivationRange(extremes[number].low, extremes[number].high)
        }
        guard method.needsHistogram else { return }
        try refine(values, extremes, method, observed, &pictures)
    }

    static func notFinite(_ value: String, in picture: FilePath) -> IoUError {
        IoUError(
            .badData, "'\(picture)': value '\(value)': expected finite numbers, found others")
    }

    /// Nil where a number is not finite.
    static func extremes(_ values: Span<Float>) -> Extremes? {
        var (low, high) = (Float.infinity, -Float.infinity)
        var finite = true
        for index in values.indices {
            let value = values[index]
            low = min(low, value)
            high = max(high, value)
            finite = finite && value.isFinite
        }
        return finite ? (low, high) : nil
    }

    /// Values that were always one number keep the range of that.
    private mutating func refine(
        _ values: [String], _ extremes: [Extremes], _ method: CalibrationMethod,
        _ observed: ObservedModel, _ pictures: inout CalibrationPictures
    ) throws {
        var histograms = extremes.map { extremes in
            extremes.low < extremes.high
                ? Histogram(low: extremes.low, high: extremes.high) : nil
        }
        let all = Array(pictures.files.indices)
        try observed.run(&pictures, at: all, work: "histograms") { number, _, session in
            let output = try session.output(ObservedModel.outputName(values[number]))
            try histograms[number]?.add(output.elements(as: Float.self))
        }
        for (number, value) in values.enumerated() {
            if let histogram = histograms[number] { ranges[value] = method.range(of: histogram) }
        }
    }
}
