import IoUGraph

/// A pickle's program, run with an allow list: tensors, NumPy's arrays, dictionaries, lists and plain
/// values come to life, every other name stays an inert placeholder.
///
/// Source: CPython's `pickletools`, protocols 2 to 5. It calls nothing and imports nothing.
struct PickleMachine {
    private var cursor: PickleCursor
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private(set) var objects: PickleObjects

    init(_ bytes: Blob) {
        objects = PickleObjects(fileSize: bytes.count)
        cursor = PickleCursor(bytes, at: 0)
    }

    /// The place behind the programs that were run.
    var place: Int { cursor.place }

    /// The value of the next program, each of which begins where the one before it ends. Throws
    /// `.malformed`, or `.unsupported` for instructions that checkpoints do not have.
    mutating func run() throws(GraphError) -> PickleValue {
        stack = []
        marks = []
        memo = [:]
        while true {
            let code = try cursor.byte()
            if code == UInt8(ascii: ".") { return try pop() }
            if try !constant(code), try !container(code), try !memory(code), try !object(code) {
                throw GraphError(
                    .unsupported, "its pickle has instruction \(code) at byte \(place - 1)")
            }
        }
    }

    // MARK: - The stack

    private mutating func push(_ value: PickleValue) { stack.append(value) }

    private mutating func pop() throws(GraphError) -> PickleValue {
        guard let value = stack.last, stack.count > marks.last ?? 0 else {
            throw GraphError(.malformed, "its pickle pops more than it has at byte \(place - 1)")
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
}

// MARK: - Instructions

extension PickleMachine {
    private mutating func constant(_ code: UInt8) throws(GraphError) -> Bool {
        switch code {
        case 0x80: try cursor.skip(1)  // PROTO
        case 0x95: try cursor.skip(8)  // FRAME
        case UInt8(ascii: "N"): push(.none)
        case 0x88: push(.bool(true))
        case 0x89: push(.bool(false))
        case UInt8(ascii: "K"): push(.int(try cursor.unsigned(1)))
        case UInt8(ascii: "M"): push(.int(try cursor.unsigned(2)))
        case UInt8(ascii: "J"): push(.int(try cursor.signed(4)))
        case 0x8a: try long(cursor.unsigned(1))
        case UInt8(ascii: "G"):
            try cursor.skip(8)
            push(.opaque)
        case 0x8b: try long(cursor.unsigned(4))
        case UInt8(ascii: "X"): push(.text(try cursor.text(cursor.unsigned(4))))
        case 0x8c: push(.text(try cursor.text(cursor.unsigned(1))))
        case 0x8d: push(.text(try cursor.text(cursor.unsigned(8))))
        case UInt8(ascii: "U"), UInt8(ascii: "C"):
            push(objects.bytes(try cursor.bytes(cursor.unsigned(1))))
        case UInt8(ascii: "T"), UInt8(ascii: "B"):
            push(objects.bytes(try cursor.bytes(cursor.unsigned(4))))
        case 0x8e, 0x96: push(objects.bytes(try cursor.bytes(cursor.unsigned(8))))
        default: return false
        }
        return true
    }

    /// Longer numbers than a word mean nothing here.
    private mutating func long(_ size: Int) throws(GraphError) {
        if size <= 8 { return push(.int(try cursor.signed(size))) }
        try cursor.skip(size)
        push(.opaque)
    }

    private mutating func container(_ code: UInt8) throws(GraphError) -> Bool {
        switch code {
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: ")"), UInt8(ascii: "]"), 0x8f: push(objects.sequence([]))
        case UInt8(ascii: "}"): push(objects.map())
        case 0x85, 0x86, 0x87: push(objects.sequence(try pop(Int(code) - 0x84)))
        case UInt8(ascii: "t"), UInt8(ascii: "l"), 0x91: push(objects.sequence(try popToMark()))
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
        objects.append(values, to: target)
        push(target)
    }

    private mutating func setItems(_ items: [PickleValue]) throws(GraphError) {
        guard items.count % 2 == 0 else {
            throw GraphError(.malformed, "its pickle has a key without a value")
        }
        let target = try pop()
        objects.set(items, in: target)
        push(target)
    }

    private mutating func memory(_ code: UInt8) throws(GraphError) -> Bool {
        switch code {
        case UInt8(ascii: "q"): try keep(cursor.unsigned(1))
        case UInt8(ascii: "r"): try keep(cursor.unsigned(4))
        case 0x94: try keep(memo.count)
        case UInt8(ascii: "h"): push(try recall(cursor.unsigned(1)))
        case UInt8(ascii: "j"): push(try recall(cursor.unsigned(4)))
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
            let module = try cursor.line()
            push(.global("\(module).\(try cursor.line())"))
        case 0x93:
            let names = try pop(2)
            if case .text(let module) = names[0], case .text(let name) = names[1] {
                push(.global("\(module).\(name)"))
            } else {
                push(.opaque)
            }
        case UInt8(ascii: "R"), 0x81:
            let call = try pop(2)
            push(try objects.result(of: call[0], call[1]))
        case 0x92:  // a call with named arguments
            _ = try pop(3)
            push(.opaque)
        case UInt8(ascii: "b"):
            let state = try pop()
            guard let target = stack.last else {
                throw GraphError(.malformed, "its pickle gives a state to nothing")
            }
            try objects.build(target, state)
        case UInt8(ascii: "Q"): push(try objects.storage(pop()))
        default: return false
        }
        return true
    }
}
