import IoUGraph

extension TensorLiteral {
    /// A number of a float32 tensor that would be infinite or 0 in float16 and must not be; nil where
    /// there is none.
    ///
    /// Small weights may vanish. A number that stands alone may not: it can be what keeps a divisor
    /// from zero.
    var float16Hazard: String? {
        guard type == .float32, let floats else { return nil }
        if let large = floats.first(where: \.isBeyondFloat16) {
            return "\(large), which is beyond float16's \(Float16.greatestFiniteMagnitude)"
        }
        if floats.count == 1, floats[0] != 0, Float16(floats[0]) == 0 {
            return "\(floats[0]), which is 0 in float16"
        }
        return nil
    }

    /// A weight that float16 has only roughly.
    ///
    /// Weights are large where a filter looks at small differences, as trained depthwise ones do:
    /// what it makes is of the size of 1, and so is what rounding them makes of their sum.
    var coarseWeight: String? {
        guard let large = floats?.first(where: { $0.isFinite && $0.magnitude >= 8 }) else {
            return nil
        }
        return "\(large), where float16 has steps of 1/\(Int(1 / Float16(large).ulp))"
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
