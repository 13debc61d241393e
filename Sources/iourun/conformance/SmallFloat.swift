import IoURuntime

/// A number in a floating-point format that Swift has no type for.
struct SmallFloat {
    let format: Format
    let code: UInt16

    /// A sign, an exponent and a fraction, from the highest bit on.
    struct Format {
        let exponentBits: Int
        let fractionBits: Int
        let bias: Int
        let special: Special

        /// What is no finite number.
        enum Special {
            /// Infinities in the last exponent, and NaN behind them.
            case lastExponent
            /// NaN, of either sign.
            case lastMagnitude
            /// NaN.
            case code(UInt16)
            case none
        }
    }
}

extension SmallFloat.Format {
    /// Nil for other types.
    init?(_ type: ElementType) {
        switch type {
        case .bfloat16: self.init(8, 7, bias: 127, .lastExponent)
        case .float8E4M3FN: self.init(4, 3, bias: 7, .lastMagnitude)
        case .float8E4M3FNUZ: self.init(4, 3, bias: 8, .code(0x80))
        case .float8E5M2: self.init(5, 2, bias: 15, .lastExponent)
        case .float8E5M2FNUZ: self.init(5, 2, bias: 16, .code(0x80))
        case .float8E8M0: self.init(8, 0, bias: 127, .code(0xFF))
        case .float4E2M1: self.init(2, 1, bias: 1, .none)
        default: return nil
        }
    }

    private init(_ exponentBits: Int, _ fractionBits: Int, bias: Int, _ special: Special) {
        self.init(
            exponentBits: exponentBits, fractionBits: fractionBits, bias: bias, special: special)
    }

    fileprivate var signBit: UInt16 { 1 << (exponentBits + fractionBits) }
    fileprivate var lastExponent: Int { 1 << exponentBits - 1 }

    /// Where there is no fraction, there are no subnormal numbers either.
    fileprivate var hasSubnormals: Bool { fractionBits > 0 }
}

extension SmallFloat: OrderedFloat {
    private var magnitude: UInt16 { code & (format.signBit - 1) }
    private var isNegative: Bool { code & format.signBit != 0 }
    private var exponent: Int { Int(magnitude) >> format.fractionBits }
    private var fraction: Int { Int(magnitude) & (1 << format.fractionBits - 1) }

    var place: Int64 { isNegative ? -Int64(magnitude) : Int64(magnitude) }

    var number: Double {
        let size = size
        return isNegative && !size.isNaN ? -size : size
    }

    private var size: Double {
        switch format.special {
        case .lastExponent where exponent == format.lastExponent: fraction == 0 ? .infinity : .nan
        case .lastMagnitude where magnitude == format.signBit - 1: .nan
        case .code(code): .nan
        default: finiteSize
        }
    }

    private var finiteSize: Double {
        let part = Double(fraction) / Double(1 << format.fractionBits)
        let isSubnormal = exponent == 0 && format.hasSubnormals
        let power = (isSubnormal ? 1 : exponent) - format.bias
        return Double(sign: .plus, exponent: power, significand: isSubnormal ? part : 1 + part)
    }

    var description: String { "\(number)" }
}

extension Tensor {
    /// Of formats that `SmallFloat` has; nil for other types.
    var smallFloats: [SmallFloat]? {
        guard let format = SmallFloat.Format(type) else { return nil }
        let codes = bytes.withUnsafeBytes { bytes in
            type.size == 1
                ? bytes.map(UInt16.init)
                : (0..<count).map { bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self) }
        }
        return codes.map { SmallFloat(format: format, code: $0) }
    }
}
