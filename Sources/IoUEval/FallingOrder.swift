extension [Double] {
    /// The positions by falling value; of equal values, in their order.
    var fallingOrder: [Int] {
        indices.sorted { self[$0] != self[$1] ? self[$0] > self[$1] : $0 < $1 }
    }
}
