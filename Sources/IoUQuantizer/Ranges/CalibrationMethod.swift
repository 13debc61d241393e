/// How the range of an activation follows from the numbers that it held.
package enum CalibrationMethod: String, CaseIterable, Sendable {
    /// All of them.
    case minmax
    /// The range whose bytes tell most of how the numbers are distributed.
    case entropy
    /// All but the rarest at both ends.
    case percentile
    /// The range with the least squared error.
    case mse

    /// Whether more than the least and the greatest number is needed.
    var needsHistogram: Bool { self != .minmax }

    package func range(of histogram: Histogram) -> ActivationRange {
        switch self {
        case .minmax: ActivationRange(histogram.low, histogram.high)
        case .entropy: histogram.entropyRange
        case .percentile: histogram.percentileRange(share: Self.keptShare)
        case .mse: histogram.leastErrorRange
        }
    }

    /// The share of numbers that `percentile` does not clip.
    static let keptShare = 0.9999
}
