/// A line across a plot, and what is at its end.
package struct Tick {
    /// Along the axis.
    package let place: Double
    /// Empty where only a fine line is drawn.
    package let label: String

    var colour: Colour { label.isEmpty ? .fineGrid : .grid }
}
