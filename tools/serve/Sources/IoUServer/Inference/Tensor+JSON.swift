import IoURuntime

extension Tensor {
    /// A tensor from numbers, in lists within each other or in one.
    ///
    /// - Parameter place: Where the numbers are, for errors.
    init(
        _ data: JSONValue, type: ElementType, shape: [Int], at place: String
    ) throws(ServerError) {
        var numbers = NumberList(place: place)
        try numbers.add(data)
        let expected = try Tensor.elements(shape, of: type, at: place)
        guard numbers.values.count == expected else {
            throw .badRequest(
                "\(place): expected \(expected) numbers for shape \(shape), found "
                    + "\(numbers.values.count)")
        }
        switch type {
        case .float32: self = try numbers.reals(shape) { Float($0) }
        case .float64: self = try numbers.reals(shape) { $0 }
        case .float16: self = try numbers.reals(shape) { Float16($0) }
        case .int8: self = try numbers.whole(shape, as: Int8.self)
        case .int16: self = try numbers.whole(shape, as: Int16.self)
        case .int32: self = try numbers.whole(shape, as: Int32.self)
        case .int64: self = try numbers.whole(shape, as: Int64.self)
        case .uint8: self = try numbers.whole(shape, as: UInt8.self)
        case .uint16: self = try numbers.whole(shape, as: UInt16.self)
        case .uint32: self = try numbers.whole(shape, as: UInt32.self)
        case .uint64: self = try numbers.whole(shape, as: UInt64.self)
        case .bool: self = try numbers.flags(shape)
        default:
            throw .badRequest(
                "\(place): expected binary data for \(Datatype.name(of: type)), found JSON")
        }
    }

    /// How many elements a shape has; refuses what no memory holds.
    static func elements(
        _ shape: [Int], of type: ElementType, at place: String
    ) throws(ServerError) -> Int {
        do throws(IoUError) {
            return try byteCount(type: type, shape: shape) / type.size
        } catch {
            throw ServerError(error, at: place)
        }
    }
}

/// Numbers of a tensor in its order.
private struct NumberList {
    let place: String
    var values: [JSONNumber] = []

    mutating func add(_ value: JSONValue) throws(ServerError) {
        switch value {
        case .numbers(let numbers): values += numbers
        case .array(let rows): for row in rows { try add(row) }
        case .number(let number): values.append(number)
        case .bool(let flag): values.append(.integer(flag ? 1 : 0))
        default: throw .badRequest("\(place): expected numbers, found \(value.found)")
        }
    }

    func reals<Element: TensorElement & BinaryFloatingPoint>(
        _ shape: [Int], _ convert: (Double) -> Element
    ) throws(ServerError) -> Tensor {
        var elements: [Element] = []
        elements.reserveCapacity(values.count)
        for value in values {
            let element = convert(value.double)
            guard element.isFinite else {
                throw out(value, "a number that \(Element.elementType) holds")
            }
            elements.append(element)
        }
        return try tensor(elements, shape)
    }

    func whole<Element: TensorElement & FixedWidthInteger>(
        _ shape: [Int], as _: Element.Type
    ) throws(ServerError) -> Tensor {
        var elements: [Element] = []
        elements.reserveCapacity(values.count)
        for value in values {
            guard let element = value.whole(as: Element.self) else {
                throw out(value, "a whole number that \(Element.elementType) holds")
            }
            elements.append(element)
        }
        return try tensor(elements, shape)
    }

    func flags(_ shape: [Int]) throws(ServerError) -> Tensor {
        var bytes: [UInt8] = []
        for value in values {
            guard let flag = value.whole(as: UInt8.self), flag < 2 else {
                throw out(value, "true or false")
            }
            bytes.append(flag)
        }
        do throws(IoUError) {
            return try Tensor(type: .bool, shape: shape, bytes: bytes)
        } catch {
            throw ServerError(error, at: place)
        }
    }

    private func tensor<Element: TensorElement>(
        _ elements: [Element], _ shape: [Int]
    ) throws(ServerError) -> Tensor {
        do throws(IoUError) {
            return try Tensor(elements, shape: shape)
        } catch {
            throw ServerError(error, at: place)
        }
    }

    private func out(_ value: JSONNumber, _ expected: String) -> ServerError {
        .badRequest("\(place): expected \(expected), found \(value)")
    }
}
