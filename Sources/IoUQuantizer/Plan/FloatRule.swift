/// Which layers stay in floats by themselves: those that cost the outputs far more than others do, as long
/// as nearly all multiply-adds are in integers.
package enum FloatRule {
    /// A layer that costs so many times what layers cost in the mean stays in floats.
    package static let factor = 4.0

    /// The share of the multiply-adds that may.
    package static let mostShare = 0.1

    /// The positions of those that stay, from the costliest on.
    static func kept(_ costs: [Double], _ multiplyAdds: [Double]) -> [Int] {
        let mean = costs.reduce(0, +) / Double(max(costs.count, 1))
        let costly = costs.indices
            .filter { costs[$0] > factor * mean }
            .sorted { (costs[$1], $0) < (costs[$0], $1) }
        var left = multiplyAdds.reduce(0, +) * mostShare
        return costly.filter { layer in
            guard multiplyAdds[layer] <= left else { return false }
            left -= multiplyAdds[layer]
            return true
        }
    }
}
