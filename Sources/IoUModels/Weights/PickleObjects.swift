import IoUGraph

/// The objects that a pickle has made so far, by their numbers.
struct PickleObjects {
    private(set) var sequences: [[PickleValue]] = []
    private(set) var maps: [[(key: PickleValue, value: PickleValue)]] = []
    private(set) var runs: [Blob] = []
    private(set) var storages: [PickleStorage] = []
    private(set) var tensors: [PickleTensor] = []
    /// The tensors of NumPy's arrays; nil before an array has its contents.
    private(set) var arrays: [Int?] = []
    private(set) var numberTypes: [PickleNumberType] = []
    /// What may still be decoded from texts: no more than there is in the file.
    private var decodable: Int

    init(fileSize: Int) {
        decodable = fileSize
    }

    mutating func sequence(_ values: [PickleValue]) -> PickleValue {
        sequences.append(values)
        return .sequence(sequences.count - 1)
    }

    mutating func map() -> PickleValue {
        maps.append([])
        return .map(maps.count - 1)
    }

    mutating func bytes(_ run: Blob) -> PickleValue {
        runs.append(run)
        return .bytes(runs.count - 1)
    }

    /// Does nothing to what is no sequence.
    mutating func append(_ values: [PickleValue], to target: PickleValue) {
        if case .sequence(let index) = target { sequences[index] += values }
    }

    /// Keys, each with its value behind it. Does nothing to what is no map.
    mutating func set(_ items: [PickleValue], in target: PickleValue) {
        guard case .map(let index) = target else { return }
        for at in stride(from: 0, to: items.count, by: 2) {
            maps[index].append((items[at], items[at + 1]))
        }
    }

    /// A name; Python 2 has them as bytes.
    func text(_ value: PickleValue) -> String? {
        switch value {
        case .text(let text): text
        case .bytes(let index) where runs[index].count <= 4096:
            String(validating: runs[index].bytes, as: UTF8.self)
        default: nil
        }
    }

    /// The tensor that a value is; nil for everything else.
    func tensor(of value: PickleValue) -> PickleTensor? {
        switch value {
        case .tensor(let index): tensors[index]
        case .array(let index): arrays[index].map { tensors[$0] }
        default: nil
        }
    }

    private func items(_ value: PickleValue) -> [PickleValue]? {
        if case .sequence(let index) = value { return sequences[index] }
        return nil
    }

    private func ints(_ value: PickleValue) -> [Int]? {
        guard let values = items(value) else { return nil }
        var ints: [Int] = []
        for case .int(let number) in values { ints.append(number) }
        return ints.count == values.count ? ints : nil
    }

    private mutating func keep(_ tensor: PickleTensor) -> PickleValue {
        tensors.append(tensor)
        return .tensor(tensors.count - 1)
    }
}

// MARK: - What names mean

extension PickleObjects {
    /// What a function gives; `.opaque` for all but those that files of weights call.
    mutating func result(
        of function: PickleValue, _ arguments: PickleValue
    ) throws(GraphError) -> PickleValue {
        guard case .global(let name) = function, let values = items(arguments) else {
            return .opaque
        }
        switch name {
        case "collections.OrderedDict": return ordered(values)
        case "torch._utils._rebuild_parameter": return values.first ?? .opaque
        case "torch._utils._rebuild_tensor_v2": return try tensor(values)
        case "_codecs.encode": return try encoded(values)
        // What Python 3 calls for no bytes at all.
        case "__builtin__.bytes" where values.isEmpty, "builtins.bytes" where values.isEmpty:
            return bytes(Blob([]))
        default: return try numPy(name, values)
        }
    }

    private mutating func ordered(_ values: [PickleValue]) -> PickleValue {
        let result = map()
        for pair in values.first.flatMap(items) ?? [] {
            if let parts = items(pair), parts.count == 2 { set(parts, in: result) }
        }
        return result
    }

    private mutating func tensor(_ values: [PickleValue]) throws(GraphError) -> PickleValue {
        guard values.count >= 4, case .storage(let storage) = values[0],
            case .int(let offset) = values[1], let shape = ints(values[2]),
            let strides = ints(values[3]), shape.count == strides.count
        else { throw GraphError(.malformed, "it has a tensor without storage, shape or strides") }
        let source = storages[storage]
        return keep(
            PickleTensor(
                place: .storage(source.key),
                numbers: StridedNumbers(
                    format: source.format, count: source.count, offset: offset, shape: shape,
                    strides: strides)))
    }

    /// What a name outside of the pickle stands for:
    /// ("storage", type, key, device, count), in old files with a view that is None.
    mutating func storage(_ value: PickleValue) throws(GraphError) -> PickleValue {
        guard let parts = items(value), parts.count >= 5, text(parts[0]) == "storage",
            case .global(let type) = parts[1], let key = text(parts[2]),
            case .int(let count) = parts[4], count >= 0
        else { throw GraphError(.malformed, "it has a storage without type, key or size") }
        guard parts.count == 5 || parts[5] == .none else {
            throw GraphError(.unsupported, "its storage '\(key)' is a part of another one")
        }
        storages.append(
            PickleStorage(
                type: String(type.split(separator: ".").last ?? ""), key: key, count: count))
        return .storage(storages.count - 1)
    }

    /// Python 3 has bytes in protocol 2 as a text of as many characters.
    private mutating func encoded(_ values: [PickleValue]) throws(GraphError) -> PickleValue {
        guard values.count == 2, case .text(let text) = values[0],
            ["latin1", "latin-1"].contains(self.text(values[1]))
        else { return .opaque }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(text.utf8.count, decodable))
        var lead: UInt8 = 0
        for byte in text.utf8 {
            if byte & 0xc0 == 0x80 {
                guard lead == 0xc2 || lead == 0xc3 else {
                    throw GraphError(.malformed, "its bytes have characters that are none")
                }
                bytes.append(lead << 6 | byte & 0x3f)
            } else if byte < 0x80 {
                bytes.append(byte)
            }
            lead = byte
        }
        decodable -= bytes.count
        guard decodable >= 0 else {
            throw GraphError(.limit, "its texts hold more bytes than the file has")
        }
        return self.bytes(Blob(bytes))
    }
}

// MARK: - NumPy

extension PickleObjects {
    private mutating func numPy(
        _ name: String, _ values: [PickleValue]
    ) throws(GraphError) -> PickleValue {
        switch name {
        case "numpy.dtype": return numberType(values)
        case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct":
            guard values.first == .global("numpy.ndarray") else { return .opaque }
            arrays.append(nil)
            return .array(arrays.count - 1)
        case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
            guard values.count == 2, let array = try array(values[0], [], values[1]) else {
                return .opaque
            }
            return keep(array)
        case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer":
            guard values.count == 4, let shape = ints(values[2]),
                let array = try array(
                    values[1], shape, values[0], isFortran: text(values[3]) == "F")
            else { return .opaque }
            return keep(array)
        default: return .opaque
        }
    }

    private mutating func numberType(_ values: [PickleValue]) -> PickleValue {
        guard let type = values.first.flatMap(text).flatMap(PickleNumberType.init) else {
            return .opaque
        }
        numberTypes.append(type)
        return .numberType(numberTypes.count - 1)
    }

    /// Gives an object its state: arrays (version, shape, type, Fortran's order, bytes), types
    /// (version, order of bytes, …). Means nothing to others.
    mutating func build(_ target: PickleValue, _ state: PickleValue) throws(GraphError) {
        guard let parts = items(state) else { return }
        switch target {
        case .numberType(let index):
            if parts.count > 1 { numberTypes[index].isBigEndian = text(parts[1]) == ">" }
        case .array(let index) where parts.count == 5 || parts.count == 4:
            let last = parts.suffix(4).map { $0 }
            guard let shape = ints(last[0]),
                let array = try array(
                    last[1], shape, last[3],
                    isFortran: last[2] == .bool(true) || last[2] == .int(1))
            else { return }
            tensors.append(array)
            arrays[index] = tensors.count - 1
        default: break
        }
    }

    /// Nil where the parts are none of an array of numbers.
    private func array(
        _ type: PickleValue, _ shape: [Int], _ content: PickleValue, isFortran: Bool = false
    ) throws(GraphError) -> PickleTensor? {
        guard case .numberType(let index) = type, case .bytes(let run) = content else { return nil }
        let type = numberTypes[index]
        guard let strides = StridedNumbers.dense(shape, firstSideDensest: isFortran),
            let count = shape.contains(0) ? 0 : product(shape),
            case (let size, false) = count.multipliedReportingOverflow(by: type.format.size),
            size == runs[run].count
        else {
            throw GraphError(
                .malformed, "an array of shape \(shape) has \(runs[run].count) bytes of contents")
        }
        return PickleTensor(
            place: .bytes(run),
            numbers: StridedNumbers(
                format: type.format, isBigEndian: type.isBigEndian, count: count, offset: 0,
                shape: shape, strides: strides))
    }

    private func product(_ shape: [Int]) -> Int? {
        var count = 1
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            if extent < 0 || overflow { return nil }
            count = product
        }
        return count
    }
}
