import IoUGraph

extension TensorLiteral {
    /// What keeps a float32 tensor from being one of float16; nil where it is only rounded.
    ///
    /// Small weights may vanish. A number that stands alone may not: it can be what keeps a divisor
    /// from zero.
    var float16Problem: String? {
        guard type == .float32, let floats else { return nil }
        if let large = floats.first(where: \.isBeyondFloat16) {
            return "\(large), which is beyond float16's \(Float16.greatestFiniteMagnitude)"
        }
        if floats.count == 1, floats[0] != 0, Float16(floats[0]) == 0 {
            return "\(floats[0]), which is 0 in float16"
        }
        return nil
    }

    /// A float32 tensor rounded to nearest, ties to even; what is beyond the range becomes the
    /// largest number, infinities stay.
    func float16(named name: String) -> TensorLiteral {
        let bytes = (floats ?? []).map { Float16(saturating: $0).bitPattern.littleEndian }
            .withUnsafeBytes { Array($0) }
        var rounded = self
        rounded.name = name
        rounded.type = .float16
        rounded.content = .bytes(Blob(bytes))
        return rounded
    }
}

extension Float16 {
    fileprivate init(saturating value: Float) {
        let largest = Self.greatestFiniteMagnitude
        self = value.isBeyondFloat16 ? (value < 0 ? -largest : largest) : Self(value)
    }
}

extension Float {
    /// Whether the number is finite, and rounded to float16 infinite.
    fileprivate var isBeyondFloat16: Bool { isFinite && magnitude >= 65520 }
}
