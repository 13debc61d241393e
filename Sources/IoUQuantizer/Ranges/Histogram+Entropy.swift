import Glibc

extension Histogram {
    /// Both ends are tried together: from all of them down to a 128th.
    private static let parts = 128

    /// Bins of a range that are told apart: as many as a byte has values.
    private static let levels = 256

    /// The range whose bytes lose least of the distribution, by the divergence of Kullback and Leibler: the
    /// distribution with all that lies outside in the bins at the ends, against the one that is left
    /// when the bins of a byte's value are made equal. Of equal ones the narrowest.
    ///
    /// What operators cut off is at zero or at an end. Bytes hold it exactly, and as a spike among other
    /// numbers it would count as badly told by all but the narrowest range: those bins get the
    /// counts of their neighbours.
    var entropyRange: ActivationRange { withoutSpikes.leastDivergenceRange }

    private var withoutSpikes: Histogram {
        var smooth = counts
        let last = counts.count - 1
        let zero = min(max(Int((0 - Double(low)) / binWidth), 0), last)
        for (bin, neighbour) in [
            (0, 1), (last, last - 1), (zero, zero < last ? zero + 1 : last - 1),
        ] {
            smooth[bin] = min(smooth[bin], smooth[neighbour])
        }
        return Histogram(low: low, high: high, counts: smooth)
    }

    private var leastDivergenceRange: ActivationRange {
        let zero = min(max(Int((0 - Double(low)) / binWidth), 0), counts.count)
        var best = (range: ActivationRange(low, high), divergence: Double.infinity)
        for part in 1...Self.parts {
            let below = (zero * part + Self.parts - 1) / Self.parts
            let above = ((counts.count - zero) * part + Self.parts - 1) / Self.parts
            let bins = zero - below..<zero + above
            guard bins.count >= Self.levels else { continue }
            let divergence = divergence(of: bins)
            if divergence < best.divergence {
                let ends = (Float(edge(bins.lowerBound)), Float(edge(bins.upperBound)))
                best = (ActivationRange(max(ends.0, low), min(ends.1, high)), divergence)
            }
        }
        return best.range
    }

    private func divergence(of bins: Range<Int>) -> Double {
        let inside = counts[bins].map(Double.init)
        var reference = inside
        reference[0] += Double(counts[..<bins.lowerBound].reduce(0, +))
        reference[reference.count - 1] += Double(counts[bins.upperBound...].reduce(0, +))
        let told = Self.levelled(inside, where: reference.map { $0 > 0 })
        let (all, kept) = (reference.reduce(0, +), told.reduce(0, +))
        guard kept > 0 else { return .infinity }
        var sum = 0.0
        for (p, q) in zip(reference, told) where p > 0 {
            // What is nowhere in the other distribution counts as very rare there.
            sum += p / all * log((p / all) / max(q / kept, 1e-9))
        }
        return sum
    }

    /// The counts of each level spread evenly over those of its bins that hold anything.
    private static func levelled(_ counts: [Double], where isUsed: [Bool]) -> [Double] {
        var result = [Double](repeating: 0, count: counts.count)
        for level in 0..<levels {
            let bins = counts.count * level / levels..<counts.count * (level + 1) / levels
            let used = bins.filter { isUsed[$0] }
            let share = bins.reduce(0) { $0 + counts[$1] } / Double(max(used.count, 1))
            for bin in used { result[bin] = share }
        }
        return result
    }
}
