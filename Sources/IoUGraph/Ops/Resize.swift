extension GraphBuilder {
    /// Nearest neighbour to exactly `sizes`, int64 [rank]: output pixel x takes input pixel
    /// floor(x · input size / output size).
    public mutating func resizeNearest(_ input: Value, sizes: Value, name: String) -> Value {
        node(
            "Resize", name: name, [input, .absent, .absent, sizes],
            attributes: [
                .text("coordinate_transformation_mode", "asymmetric"),
                .text("mode", "nearest"),
                .text("nearest_mode", "floor"),
            ])
    }
}
