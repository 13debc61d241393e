/// The "id" of a record in COCO's format: a whole number, or text.
package enum RecordID: Hashable, Sendable {
    case number(Int)
    case text(String)

    /// The number, also where text spells it; `nil` for other text.
    var number: Int? {
        switch self {
        case .number(let number): number
        case .text(let text): Int(text).flatMap { String($0) == text ? $0 : nil }
        }
    }

    /// For names: text as it is.
    var plain: String {
        switch self {
        case .number(let number): String(number)
        case .text(let text): text
        }
    }

    /// What says the same in the other way: 41 and "41" are one.
    fileprivate var twin: RecordID? {
        switch self {
        case .number(let number): .text(String(number))
        case .text: number.map { .number($0) }
        }
    }
}

extension RecordID: Comparable {
    /// Numbers by size, then texts by their bytes, as pycocotools sorts either.
    package static func < (left: RecordID, right: RecordID) -> Bool {
        switch (left, right) {
        case (.number(let one), .number(let other)): one < other
        case (.text(let one), .text(let other)): one.utf8.lexicographicallyPrecedes(other.utf8)
        case (.number, .text): true
        case (.text, .number): false
        }
    }
}

extension RecordID: CustomStringConvertible {
    /// For errors: text in quotes.
    package var description: String {
        switch self {
        case .number(let number): String(number)
        case .text(let text): "'\(text)'"
        }
    }
}

extension RecordID: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .number(let number): try value.encode(number)
        case .text(let text): try value.encode(text)
        }
    }
}

/// Where records are, by their ids.
struct RecordIndex {
    private var places: [RecordID: Int] = [:]

    init(_ ids: [RecordID] = []) {
        places.reserveCapacity(ids.count)
        for (place, id) in ids.enumerated() { _ = insert(id, at: place) }
    }

    /// Returns whether the id is new.
    mutating func insert(_ id: RecordID, at place: Int) -> Bool {
        guard self[id] == nil else { return false }
        places[id] = place
        return true
    }

    subscript(id: RecordID) -> Int? { places[id] ?? id.twin.flatMap { places[$0] } }
}
