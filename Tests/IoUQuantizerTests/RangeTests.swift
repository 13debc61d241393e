import IoUGraph
import Testing

@testable import IoUQuantizer

/// Ranges of distributions whose best range is known without a computer.
@Suite struct RangeTests {
    private func uniform(_ low: Float, _ high: Float, each count: Int = 1000) -> Histogram {
        Histogram(low: low, high: high, counts: Array(repeating: count, count: Histogram.bins))
    }

    @Test func countsInBins() {
        var histogram = Histogram(low: -1, high: 1, counts: [0, 0, 0, 0])
        let values: [Float] = [-1, -0.51, -0.5, 0, 0.49, 0.5, 1]
        histogram.add(values.span)
        #expect(histogram.counts == [2, 1, 2, 2])
    }

    @Test(arguments: CalibrationMethod.allCases)
    func holdsZero(_ method: CalibrationMethod) {
        let range = method.range(of: uniform(2, 3))
        #expect(range.low == 0 && abs(range.high - 3) < 0.1)
        #expect(method.range(of: uniform(-3, -2)).high == 0)
    }

    @Test func minmaxIsAllOfIt() {
        #expect(CalibrationMethod.minmax.range(of: uniform(-1, 3)) == ActivationRange(-1, 3))
    }

    @Test func percentileCutsBothEnds() {
        let range = uniform(-1, 1).percentileRange(share: 0.9)
        #expect(abs(range.low + 0.9) < 1e-5 && abs(range.high - 0.9) < 1e-5)
        #expect(abs(uniform(0, 1).percentileRange(share: 0.5).high - 0.75) < 1e-5)
        var counts = Array(repeating: 1000, count: Histogram.bins)
        counts[1000...] = [0]
        counts.append(
            contentsOf: Array(repeating: 0, count: Histogram.bins - counts.count - 1) + [1])
        let outlier = Histogram(low: 0, high: 2048, counts: counts)
        #expect(abs(outlier.percentileRange(share: 0.9999).high - 1000) < 0.2)
    }

    /// Numbers that are evenly spread lose more by clipping than steps win.
    @Test func leastErrorKeepsEvenNumbers() {
        #expect(uniform(0, 1).leastErrorRange == ActivationRange(0, 1))
        #expect(uniform(-1, 1).leastErrorRange == ActivationRange(-1, 1))
    }

    /// N numbers from 0 to 1 and one at 50: the error of a range up to k is N/12 · (k/255)² + (50 − k)².
    @Test func leastErrorBalancesAnOutlier() {
        let bins = Histogram.bins, inside = bins / 50
        var counts = [Int](repeating: 0, count: bins)
        for bin in 0..<inside { counts[bin] = 1_000_000 / inside }
        counts[bins - 1] = 1
        let error = { (k: Double) in 1e6 / 12 * (k / 255) * (k / 255) + (50 - k) * (50 - k) }
        let best = (1...50).map(Double.init).min { error($0) < error($1) }
        let found = Histogram(low: 0, high: 50, counts: counts).leastErrorRange
        #expect(abs(Double(found.high) - (best ?? 0)) <= 3, "\(found) instead of \(best ?? 0)")
    }

    /// Within 256 bins a byte tells every bin apart; what lies outside is one number of a million.
    @Test func entropyKeepsWhatAByteTells() {
        var counts = [Int](repeating: 0, count: Histogram.bins)
        for bin in 0..<256 { counts[bin] = bin % 2 == 0 ? 1000 : 7000 }
        counts[Histogram.bins - 1] = 1
        let range = Histogram(low: 0, high: 8, counts: counts).entropyRange
        #expect(range == ActivationRange(0, 1))
        #expect(uniform(0, 8).entropyRange == ActivationRange(0, 8))
    }

    @Test func bytesHoldZeroExactly() {
        for range in [ActivationRange(-0.37, 1.91), ActivationRange(0, 6), ActivationRange(-5, 0)] {
            let parameters = AffineParameters(range)
            #expect(parameters.rounded(0) == 0)
            let scale = Double(parameters.scale)
            for x in stride(from: Double(range.low), through: Double(range.high), by: 0.01) {
                #expect(abs(parameters.rounded(x) - x) <= scale * 1.0001, "\(x) of \(range)")
            }
        }
        #expect(AffineParameters(ActivationRange(0, 6)).zeroPoint == 0)
        #expect(AffineParameters(ActivationRange(-5, 0)).zeroPoint == 255)
        let nothing = AffineParameters(ActivationRange(0, 0))
        #expect(nothing.scale == 1 && nothing.rounded(0) == 0)
    }
}

@Suite struct WeightTests {
    @Test func channelsHaveScalesOfTheirOwn() {
        let tensor = TensorLiteral("w", floats: [1, -2, 0.5, 127, 0, 0], dimensions: [3, 2, 1, 1])
        let weights = QuantizedWeights(tensor, axis: 0, biases: [])
        #expect(weights.scales == [2 / 127, 1, 1])
        #expect(weights.bytes == [64, -127, 0, 127, 0, 0])
        let other = QuantizedWeights(tensor, axis: 1, biases: [])
        #expect(other.scales == [1 / 127, 1])
        #expect(QuantizedWeights(tensor, axis: nil, biases: []).scales == [1])
    }

    /// A channel of zeros that adds a large bias.
    @Test func biasFitsInSums() {
        let tensor = TensorLiteral("w", floats: [0, 1e-9], dimensions: [2, 1, 1, 1])
        let bias: [Float] = [1000, -50]
        let weights = QuantizedWeights(tensor, axis: 0, biases: [(0.01, bias)])
        let sums = weights.quantized(bias: bias, activation: 0.01)
        for (number, sum) in sums.sums.enumerated() {
            #expect(abs(Double(sum)) <= 1.1e9)
            #expect(abs(Float(Double(sum) * Double(sums.scales[number])) - bias[number]) < 1e-3)
        }
    }
}
