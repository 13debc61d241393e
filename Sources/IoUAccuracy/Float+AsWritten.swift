extension Float {
    /// The number that a reader of its shortest text finds there.
    package var asWritten: Double { Double(description) ?? Double(self) }
}
