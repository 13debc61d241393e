/// A value of a graph, by name: what one node gives to another.
public struct Value: Hashable, Sendable {
    /// Unique within its graph; empty for an optional input that is left out.
    public let name: String

    public init(_ name: String) {
        self.name = name
    }

    /// An optional input that is left out.
    public static let absent = Value("")
}

/// Name and type of a value, as inputs, outputs and annotations of a graph state them.
public struct ValueInfo: Hashable, Sendable {
    public var name: String
    /// Nil when the file says nothing.
    public var type: TypeInfo.Described?
    public var documentation = ""
    public var metadata: [Property] = []
    var unknownFields: [UInt8] = []

    public init(_ name: String, _ type: TypeInfo? = nil) {
        self.name = name
        self.type = type.map { TypeInfo.Described($0) }
    }
}

/// A key with its value.
public struct Property: Hashable, Sendable {
    public var key: String
    public var value: String
    var unknownFields: [UInt8] = []

    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}
