import IoURuntime

/// What distinguishes an output from the expected one.
struct TensorComparison {
    /// What was expected, what was found; nil where nothing is wrong.
    private(set) var fault: String?

    /// The largest distance in units in the last place among elements that differ by more than the
    /// absolute tolerance: next to zero, a distance says nothing. Nil for other types than floats.
    private(set) var ulp: UInt64?

    init(_ found: Tensor, expected: Tensor, within tolerance: Tolerance) {
        guard found.type == expected.type, found.shape == expected.shape else {
            fault = "expected \(expected.title), found \(found.title)"
            return
        }
        do throws(IoUError) {
            try compare(found, expected, tolerance.of(expected.type))
        } catch {
            fault = error.message
        }
    }

    private mutating func compare(
        _ found: Tensor, _ expected: Tensor, _ tolerance: Tolerance
    ) throws(IoUError) {
        switch found.type {
        case .float16: try compareFloats(found, expected, tolerance, Float16.self)
        case .float32: try compareFloats(found, expected, tolerance, Float.self)
        case .float64: try compareFloats(found, expected, tolerance, Double.self)
        case .bfloat16, .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float8E8M0,
            .float4E2M1:
            compareFloats(
                found.smallFloats ?? [], expected.smallFloats ?? [], found, within: tolerance)
        case .int8: try compareIntegers(found, expected, Int8.self)
        case .int16: try compareIntegers(found, expected, Int16.self)
        case .int32: try compareIntegers(found, expected, Int32.self)
        case .int64: try compareIntegers(found, expected, Int64.self)
        case .uint8: try compareIntegers(found, expected, UInt8.self)
        case .uint16: try compareIntegers(found, expected, UInt16.self)
        case .uint32: try compareIntegers(found, expected, UInt32.self)
        case .uint64: try compareIntegers(found, expected, UInt64.self)
        case .int4, .int2:
            compareIntegers(
                found.octets.map(Int8.init(bitPattern:)),
                expected.octets.map(Int8.init(bitPattern:)), found)
        case .uint4, .uint2:
            compareIntegers(found.octets, expected.octets, found)
        case .bool: compareTruth(found, expected)
        }
    }

    private mutating func compareFloats<Element: TensorElement & OrderedFloat>(
        _ found: Tensor, _ expected: Tensor, _ tolerance: Tolerance, _: Element.Type
    ) throws(IoUError) {
        compareFloats(
            try found.values(as: Element.self), try expected.values(as: Element.self), found,
            within: tolerance)
    }

    private mutating func compareFloats<Element: OrderedFloat>(
        _ found: [Element], _ expected: [Element], _ tensor: Tensor, within tolerance: Tolerance
    ) {
        var differences = Differences()
        var distance: UInt64 = 0
        for (index, (one, other)) in zip(found, expected).enumerated() {
            let error = abs(one.number - other.number)
            if error > tolerance.absolute { distance = max(distance, one.ulps(from: other)) }
            guard !tolerance.allows(one.number, for: other.number) else { continue }
            differences.add(index, "\(one)", "\(other)", error)
        }
        ulp = distance
        fault = differences.text(tensor).map { "\($0) (\(distance) ULP)" }
    }

    private mutating func compareIntegers<Element: TensorElement & BinaryInteger>(
        _ found: Tensor, _ expected: Tensor, _: Element.Type
    ) throws(IoUError) {
        compareIntegers(
            try found.values(as: Element.self), try expected.values(as: Element.self), found)
    }

    private mutating func compareIntegers<Element: BinaryInteger>(
        _ found: [Element], _ expected: [Element], _ tensor: Tensor
    ) {
        var differences = Differences()
        for (index, (one, other)) in zip(found, expected).enumerated() where one != other {
            differences.add(index, "\(one)", "\(other)", abs(Double(one) - Double(other)))
        }
        fault = differences.text(tensor)
    }

    private mutating func compareTruth(_ found: Tensor, _ expected: Tensor) {
        let truths = [found, expected].map { tensor in tensor.octets.map { $0 != 0 } }
        var differences = Differences()
        for index in truths[0].indices where truths[0][index] != truths[1][index] {
            differences.add(index, "\(truths[0][index])", "\(truths[1][index])", 1)
        }
        fault = differences.text(found)
    }
}

/// The elements that differ: the first, their number, and the largest error.
private struct Differences {
    private var first: (index: Int, found: String, expected: String)?
    private var count = 0
    private var largest = 0.0

    /// An error that is no number is larger than all others.
    mutating func add(
        _ index: Int, _ found: @autoclosure () -> String, _ expected: @autoclosure () -> String,
        _ error: Double
    ) {
        if first == nil { first = (index, found(), expected()) }
        count += 1
        largest = max(largest, error.isNaN ? .infinity : error)
    }

    /// Nil where there are none.
    func text(_ tensor: Tensor) -> String? {
        guard let first else { return nil }
        return "element \(tensor.position(of: first.index)): expected \(first.expected), "
            + "found \(first.found); \(count) of \(tensor.count) differ, by up to \(largest)"
    }
}

extension Tensor {
    /// Type and shape, such as "float32[2, 3]".
    fileprivate var title: String { "\(type)\(shape)" }

    /// The elements of a type that is held in a byte each.
    fileprivate var octets: [UInt8] { bytes.withUnsafeBytes { [UInt8]($0) } }

    /// The coordinates of an element.
    fileprivate func position(of index: Int) -> [Int] {
        var rest = index
        let coordinates = shape.reversed().map { side in
            defer { rest /= side }
            return rest % side
        }
        return coordinates.reversed()
    }
}
