/// Bytes that are shared, never changed and never copied: owned, part of a mapped file, or of what
/// was read as external data.
public struct Blob: Sendable {
    private enum Storage: Sendable {
        case array([UInt8])
        case mapped(MappedFile)
        case external(ExternalTensor)
    }

    private let storage: Storage
    private let range: Range<Int>

    public init(_ bytes: [UInt8]) {
        storage = .array(bytes)
        range = 0..<bytes.count
    }

    public init(_ file: MappedFile) {
        storage = .mapped(file)
        range = 0..<file.count
    }

    init(_ tensor: ExternalTensor) {
        storage = .external(tensor)
        range = 0..<tensor.bytes.count
    }

    private init(storage: Storage, range: Range<Int>) {
        self.storage = storage
        self.range = range
    }

    public var count: Int { range.count }

    /// Whether the bytes were read as external data.
    var isExternal: Bool { if case .external = storage { true } else { false } }

    /// A part, counted from this blob's beginning. The range must lie within it.
    public subscript(part: Range<Int>) -> Blob {
        precondition(
            part.lowerBound >= 0 && part.upperBound <= count, "part of a blob lies outside")
        return Blob(
            storage: storage,
            range: range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound)
    }

    /// The bytes, valid during the call.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch storage {
        case .mapped(let file):
            return try body(UnsafeRawBufferPointer(rebasing: file.bytes[range]))
        case .external(let tensor):
            return try body(UnsafeRawBufferPointer(rebasing: tensor.bytes[range]))
        case .array(let bytes):
            let range = range
            return try bytes.span.withUnsafeBytes { (all) throws(Failure) in
                try body(UnsafeRawBufferPointer(rebasing: all[range]))
            }
        }
    }

    /// A copy.
    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}

extension Blob: Hashable {
    public static func == (left: Blob, right: Blob) -> Bool {
        left.count == right.count
            && left.withUnsafeBytes { first in
                right.withUnsafeBytes { second in first.elementsEqual(second) }
            }
    }

    public func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
