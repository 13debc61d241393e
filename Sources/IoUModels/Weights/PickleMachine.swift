import IoUGraph

/// A pickle's program, run with an allow list: tensors, dictionaries, lists and plain values come to
/// life, every other name stays an inert placeholder.
///
/// Source: CPython's `pickletools`, protocols 2 to 5. It calls nothing and imports nothing.
struct PickleMachine {
    private let reader: BytesReader
    private(set) var place: Int
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private(set) var sequences: [[PickleValue]] = []
    private(set) var maps: [[(key: PickleValue, value: PickleValue)]] = []
    private(set) var storages: [PickleStorage] = []
    private(set) var tensors: [PickleTensor] = []

    init(_ bytes: Blob, from place: Int = 0) {
        reader = BytesReader(bytes)
        self.place = place
    }

    /// The value of the program that begins at `place`, which is then behind it. Throws
    /// `.malformed`, or `.unsupported` for instructions that checkpoints do not have.
    mutating func run() throws(GraphError) -> PickleValue {
        stack = []
        marks = []
        memo = [:]
        while true {
            let code = try take()
            if code == UInt8(ascii: ".") { return try pop() }
            if try !constant(code), try !container(code), try !memory(code), try !object(code) {
                throw GraphError(
                    .unsupported, "its pickle has instruction \(code) at byte \(place - 1)")
            }
        }
    }

    // MARK: - Bytes and stack

    private mutating func take() throws(GraphError) -> UInt8 {
        defer { place += 1 }
        return try reader.uint8(at: place)
    }

    private mutating func number(_ size: Int) throws(GraphError) -> Int {
        defer { place += size }
        switch size {
        case 1: return Int(try reader.uint8(at: place))
        case 2: return try reader.uint16(at: place)
        default: return try reader.uint32(at: place)
        }
    }

    private mutating func text(_ length: Int) throws(GraphError) -> String {
        defer { place += length }
        return try reader.text(at: place, count: length)
    }

    private mutating func line() throws(GraphError) -> String {
        let end = try reader.find(UInt8(ascii: "\n"), from: place)
        let line = try text(end - place)
        place += 1
        return line
    }

    private mutating func skip(_ count: Int) throws(GraphError) {
        guard count >= 0, count <= reader.count - place else {
            throw GraphError(.malformed, "its pickle ends too early")
        }
        place += count
    }

    private mutating func push(_ value: PickleValue) { stack.append(value) }

    private mutating func pop() throws(GraphError) -> PickleValue {
        guard let value = stack.last, stack.count > marks.last ?? 0 else {
            throw GraphError(.malformed, "its pickle takes more than it has at byte \(place - 1)")
        }
        stack.removeLast()
        return value
    }

    private mutating func pop(_ count: Int) throws(GraphError) -> [PickleValue] {
        var values: [PickleValue] = []
        for _ in 0..<count { values.append(try pop()) }
        return values.reversed()
    }

    private mutating func popToMark() throws(GraphError) -> [PickleValue] {
        guard let mark = marks.popLast() else {
            throw GraphError(.malformed, "its pickle has no mark at byte \(place - 1)")
        }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private mutating func sequence(_ values: [PickleValue]) -> PickleValue {
        sequences.append(values)
        return .sequence(sequences.count - 1)
    }

    private mutating func map() -> PickleValue {
        maps.append([])
        return .map(maps.count - 1)
    }
}

// MARK: - Instructions

extension PickleMachine {
    private mutating func constant(_ code: UInt8) throws(GraphError) -> Bool {
        switch code {
        case 0x80: try skip(1)  // PROTO
        case 0x95: try skip(8)  // FRAME
        case UInt8(ascii: "N"): push(.none)
        case 0x88: push(.bool(true))
        case 0x89: push(.bool(false))
        case UInt8(ascii: "K"): push(.int(try number(1)))
        case UInt8(ascii: "M"): push(.int(try number(2)))
        case UInt8(ascii: "J"):
            push(.int(try reader.int32(at: place)))
            place += 4
        case 0x8a: try long(number(1))
        case UInt8(ascii: "G"):
            try skip(8)
            push(.opaque)
        case UInt8(ascii: "X"): push(.text(try text(number(4))))
        case 0x8c: push(.text(try text(number(1))))
        case UInt8(ascii: "U"), UInt8(ascii: "C"):
            try skip(number(1))
            push(.opaque)
        case UInt8(ascii: "T"), UInt8(ascii: "B"):
            try skip(number(4))
            push(.opaque)
        default: return false
        }
        return true
    }

    /// Little-endian two's complement; longer ones than a word mean nothing here.
    private mutating func long(_ size: Int) throws(GraphError) {
        guard size <= 8 else {
            try skip(size)
            push(.opaque)
            return
        }
        var bits: UInt64 = 0
        for index in 0..<size { bits |= UInt64(try take()) << UInt64(8 * index) }
        let shift = UInt64(64 - 8 * size)
        push(.int(size == 0 ? 0 : Int(Int64(bitPattern: bits << shift) >> Int64(shift))))
    }

    private mutating func container(_ code: UInt8) throws(GraphError) -> Bool {
        switch code {
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: ")"), UInt8(ascii: "]"), 0x8f: push(sequence([]))
        case UInt8(ascii: "}"): push(map())
        case 0x85, 0x86, 0x87: push(sequence(try pop(Int(code) - 0x84)))
        case UInt8(ascii: "t"), UInt8(ascii: "l"), 0x91: push(sequence(try popToMark()))
        case UInt8(ascii: "a"): try append([pop()])
        case UInt8(ascii: "e"), 0x90: try append(popToMark())
        case UInt8(ascii: "s"): try setItems(pop(2))
        case UInt8(ascii: "u"): try setItems(popToMark())
        case UInt8(ascii: "0"): _ = try pop()
        default: return false
        }
        return true
    }

    private mutating func append(_ values: [PickleValue]) throws(GraphError) {
        let target = try pop()
        if case .sequence(let index) = target { sequences[index] += values }
        push(target)
    }

    private mutating func setItems(_ items: [PickleValue]) throws(GraphError) {
        guard items.count % 2 == 0 else {
            throw GraphError(.malformed, "its pickle has a key without a value")
        }
        let target = try pop()
        if case .map(let index) = target {
            for at in stride(from: 0, to: items.count, by: 2) {
                maps[index].append((items[at], items[at + 1]))
            }
        }
        push(target)
    }

    private mutating func memory(_ code: UInt8) throws(GraphError) -> Bool {
        switch code {
        case UInt8(ascii: "q"): try keep(number(1))
        case UInt8(ascii: "r"): try keep(number(4))
        case 0x94: try keep(memo.count)
        case UInt8(ascii: "h"): push(try recall(number(1)))
        case UInt8(ascii: "j"): push(try recall(number(4)))
        default: return false
        }
        return true
    }

    private mutating func keep(_ index: Int) throws(GraphError) {
        guard let value = stack.last else {
            throw GraphError(.malformed, "its pickle keeps what is not there")
        }
        memo[index] = value
    }

    private func recall(_ index: Int) throws(GraphError) -> PickleValue {
        guard let value = memo[index] else {
            throw GraphError(.malformed, "its pickle recalls what was not kept")
        }
        return value
    }

    private mutating func object(_ code: UInt8) throws(GraphError) -> Bool {
        switch code {
        case UInt8(ascii: "c"):
            let module = try line()
            push(.global("\(module).\(try line())"))
        case 0x93:
            let names = try pop(2)
            if case .text(let module) = names[0], case .text(let name) = names[1] {
                push(.global("\(module).\(name)"))
            } else {
                push(.opaque)
            }
        case UInt8(ascii: "R"), 0x81:
            let call = try pop(2)
            push(try result(of: call[0], call[1]))
        case UInt8(ascii: "b"): _ = try pop()  // an object's attributes
        case UInt8(ascii: "Q"): push(try persistent(pop()))
        default: return false
        }
        return true
    }
}

// MARK: - What names mean

extension PickleMachine {
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

    private mutating func result(
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

    /// ("storage", type, key, device, count), in old files with a view that is None.
    private mutating func persistent(_ value: PickleValue) throws(GraphError) -> PickleValue {
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
}
