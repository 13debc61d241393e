import IoUGraph

/// The objects that a pickle has made so far, by their numbers.
struct PickleObjects {
    private(set) var sequences: [[PickleValue]] = []
    private(set) var maps: [[(key: PickleValue, value: PickleValue)]] = []
    private(set) var storages: [PickleStorage] = []
    private(set) var tensors: [PickleTensor] = []

    mutating func sequence(_ values: [PickleValue]) -> PickleValue {
        sequences.append(values)
        return .sequence(sequences.count - 1)
    }

    mutating func map() -> PickleValue {
        maps.append([])
        return .map(maps.count - 1)
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
}

// MARK: - What names mean

extension PickleObjects {
    /// What a function gives; `.opaque` for all but those that checkpoints of tensors call.
    mutating func result(
        of function: PickleValue, _ arguments: PickleValue
    ) throws(GraphError) -> PickleValue {
        guard case .global(let name) = function, let values = items(arguments) else {
            return .opaque
        }
        switch name {
        case "collections.OrderedDict" where values.isEmpty: return map()
        case "torch._utils._rebuild_parameter": return values.first ?? .opaque
        case "torch._utils._rebuild_tensor_v2": return try tensor(values)
        default: return .opaque
        }
    }

    private mutating func tensor(_ values: [PickleValue]) throws(GraphError) -> PickleValue {
        guard values.count >= 4, case .storage(let storage) = values[0],
            case .int(let offset) = values[1], let shape = ints(values[2]),
            let strides = ints(values[3]), shape.count == strides.count
        else { throw GraphError(.malformed, "it has a tensor without storage, shape or strides") }
        tensors.append(
            PickleTensor(
                storage: storages[storage], offset: offset, shape: shape, strides: strides))
        return .tensor(tensors.count - 1)
    }

    /// What a name outside of the pickle stands for:
    /// ("storage", type, key, device, count), in old files with a view that is None.
    mutating func storage(_ value: PickleValue) throws(GraphError) -> PickleValue {
        guard let parts = items(value), parts.count >= 5, parts[0] == .text("storage"),
            case .global(let type) = parts[1], case .text(let key) = parts[2],
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
}
