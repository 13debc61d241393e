import IoURuntime

/// Numbers for a measurement: the same ones every time, in a range that networks expect.
struct SeededInputs {
    private var state: UInt64 = 0x1011

    /// - Throws: `invalidArgument` for a shape that is none; `unsupported` for an unknown type.
    mutating func tensor(for input: ValueInfo, shape: [Int]) throws(IoUError) -> Tensor {
        guard let type = input.type else {
            throw IoUError(
                .unsupported, "input '\(input.name)': expected a type that can be held, found none")
        }
        let size = try Tensor.byteCount(type: type, shape: shape)
        guard size <= 1 << 36 else {
            throw IoUError(
                .limit, "input '\(input.name)': expected at most \(1 << 36) bytes, found \(size)")
        }
        return try Tensor(type: type, shape: shape, bytes: bytes(type, count: size / type.size))
    }

    /// Real numbers are within -2 … 2, as normalised pixels; integers 0 or 1, as they may be
    /// indices; bytes are anything.
    private mutating func bytes(_ type: ElementType, count: Int) -> [UInt8] {
        switch type {
        case .float32: fill(count) { Float($0 >> 40) * 0x1p-22 - 2 }
        case .float64: fill(count) { Double($0 >> 11) * 0x1p-51 - 2 }
        case .float16: fill(count) { UInt16(0x3C00) | UInt16($0 >> 54) | UInt16($0 & 1) << 15 }
        case .bfloat16: fill(count) { UInt16(0x3F80) | UInt16($0 >> 57) | UInt16($0 & 1) << 15 }
        case .uint8, .int8: fill(count) { UInt8($0 >> 56) }
        case .float8E4M3FN, .float8E4M3FNUZ: fill(count) { UInt8(0x38) | UInt8($0 >> 61) }
        case .float8E5M2, .float8E5M2FNUZ: fill(count) { UInt8(0x3C) | UInt8($0 >> 62) }
        case .float8E8M0: fill(count) { UInt8(127) + UInt8($0 >> 63) }
        case .bool, .uint4, .int4, .uint2, .int2, .float4E2M1: fill(count) { UInt8($0 >> 63) }
        case .uint16, .int16: fill(count) { UInt16($0 >> 63) }
        case .uint32, .int32: fill(count) { UInt32($0 >> 63) }
        case .uint64, .int64: fill(count) { $0 >> 63 }
        }
    }

    private mutating func fill<Element: TensorElement>(
        _ count: Int, _ element: (UInt64) -> Element
    ) -> [UInt8] {
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(element(next())) }
        return elements.withUnsafeBytes { [UInt8]($0) }
    }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
