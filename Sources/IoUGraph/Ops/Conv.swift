extension GraphBuilder {
    /// Convolution of [N, C, H, W] with `weight` [M, C / group, kH, kW] and `bias` [M].
    ///
    /// `padding` is added on all four sides.
    public mutating func conv(
        _ input: Value, weight: Value, bias: Value = .absent, name: String, kernel: Int64,
        stride: Int64 = 1, padding: Int64 = 0, group: Int64 = 1
    ) -> Value {
        node(
            "Conv", name: name, [input, weight, bias],
            attributes: [
                Attribute("dilations", .ints([1, 1])),
                Attribute("group", .int(group)),
                Attribute("kernel_shape", .ints([kernel, kernel])),
                Attribute("pads", .ints([padding, padding, padding, padding])),
                Attribute("strides", .ints([stride, stride])),
            ])
    }
}
