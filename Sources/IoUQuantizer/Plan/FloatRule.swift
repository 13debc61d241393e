import Glibc
/// Which layers stay in floats by themselves: products whose own noise is the worst, as long as nearly all
/// multiply-adds are in integers.
package enum FloatRule {
    /// A layer with less than this between its signal and its noise may stay in floats.
    package static let leastDecibels = getenv("IOU_TRY_DB").flatMap { Double(String(cString: $0)) } ?? 20.0

    /// The share of the multiply-adds that may.
    package static let mostShare = 0.1

    /// The positions of those that stay, from the noisiest on.
    static func kept(_ layers: [LayerNoise]) -> [Int] {
        let all = layers.reduce(0) { $0 + $1.multiplyAdds }
        let noisy = layers.indices
            .filter { layers[$0].multiplyAdds > 0 && layers[$0].decibels < leastDecibels }
            .sorted { (layers[$0].decibels, $0) < (layers[$1].decibels, $1) }
        var left = all * mostShare
        return noisy.filter { layer in
            guard layers[layer].multiplyAdds <= left else { return false }
            left -= layers[layer].multiplyAdds
            return true
        }
    }
}
