/// A line across a plot, and what is at its end.
struct Tick {
    /// Along the axis.
    let place: Double
    /// Empty where only a fine line is drawn.
    let label: String

    var colour: Colour { label.isEmpty ? .fineGrid : .grid }
}
