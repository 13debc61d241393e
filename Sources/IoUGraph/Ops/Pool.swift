extension GraphBuilder {
    /// The largest value of each square window of [N, C, H, W].
    public mutating func maxPool(
        _ input: Value, name: String, kernel: Int64, stride: Int64, padding: Int64
    ) -> Value {
        node(
            "MaxPool", name: name, [input],
            attributes: [
                Attribute("kernel_shape", .ints([kernel, kernel])),
                Attribute("pads", .ints([padding, padding, padding, padding])),
                Attribute("strides", .ints([stride, stride])),
            ])
    }
}
