/// Precision over recall, detection by detection with falling score.
struct PrecisionCurve {
    /// How many objects are to be found: at least 1.
    private let objects: Int

    private var seen = 0

    /// Behind each detection that found another object.
    private var precisions: [Double] = []

    init(objects: Int) {
        self.objects = objects
    }

    mutating func append(_ verdict: Verdict) {
        guard verdict != .ignored else { return }
        seen += 1
        guard verdict == .right else { return }
        precisions.append(Double(precisions.count + 1) / Double(seen))
    }

    /// For each of ``precisions`` the greatest from there on: what a user gets who wants that recall.
    private var envelope: [Double] {
        var envelope = precisions
        for position in envelope.indices.dropLast().reversed() {
            envelope[position] = max(envelope[position], envelope[position + 1])
        }
        return envelope
    }

    /// The envelope at rising recalls, 0 where a recall is not reached.
    func samples(at recalls: [Double]) -> [Double] {
        let envelope = envelope
        var found = 1
        return recalls.map { recall in
            while found <= envelope.count, Double(found) / Double(objects) < recall { found += 1 }
            return found <= envelope.count ? envelope[found - 1] : 0
        }
    }

    /// COCO's: the mean of the samples at 101 recalls.
    var sampledPrecision: Double {
        samples(at: CocoScores.recalls).reduce(0, +) / Double(CocoScores.recalls.count)
    }

    /// VOC's from 2010 on: the area below the envelope.
    var area: Double { envelope.reduce(0, +) / Double(objects) }

    /// VOC's until 2009: the mean of the envelope at the recalls 0, 0.1 … 1. Recalls are compared
    /// as fractions: 3 of 10 is a recall of 0.3, though 3 * 0.1 is greater in binary.
    var elevenPointPrecision: Double {
        let envelope = envelope
        let samples = (0...10).map { tenths in
            let found = max(1, (tenths * objects + 9) / 10)
            return found <= envelope.count ? envelope[found - 1] : 0
        }
        return samples.reduce(0, +) / 11
    }
}
