/// Numbers of one type in a row-major box: an input or an output of a model.
///
/// A tensor owns its bytes; copies share them until one is changed.
public struct Tensor: Hashable, Sendable {
    public let type: ElementType

    /// The sides, outermost first. Empty: a single number.
    public let shape: [Int]

    /// The elements in this machine's byte order.
    package internal(set) var storage: [UInt8]

    /// A tensor of zeros, to be filled through ``mutableElements(as:)``.
    ///
    /// - Throws: ``IoUError/Code/invalidArgument`` where the shape is negative, too
    ///   large or of more than ``maximumRank`` sides.
    public init(zeros type: ElementType, shape: [Int]) throws(IoUError) {
        let size = try Tensor.byteCount(type: type, shape: shape)
        self.init(type, shape, [UInt8](repeating: 0, count: size))
    }

    /// A tensor from raw bytes.
    ///
    /// - Throws: ``IoUError/Code/invalidArgument`` where the shape is none, or where
    ///   `bytes` is not as long as type and shape demand.
    public init(type: ElementType, shape: [Int], bytes: [UInt8]) throws(IoUError) {
        try Tensor.check(bytes.count, fill: type, shape)
        self.init(type, shape, bytes)
    }

    /// A tensor from numbers, the last side varying fastest.
    ///
    /// - Throws: ``IoUError/Code/invalidArgument`` where `values` does not fill
    ///   `shape`.
    public init<Element: TensorElement>(
        _ values: [Element], shape: [Int]
    ) throws(IoUError) {
        try self.init(copying: values.span, shape: shape)
    }

    /// A tensor from numbers that are elsewhere, the last side varying fastest.
    ///
    /// - Throws: ``IoUError/Code/invalidArgument`` where `values` does not fill
    ///   `shape`.
    public init<Element: TensorElement>(
        copying values: Span<Element>, shape: [Int]
    ) throws(IoUError) {
        try Tensor.check(values.bytes.byteCount, fill: Element.elementType, shape)
        self.init(Element.elementType, shape, values.bytes.withUnsafeBytes { [UInt8]($0) })
    }

    /// A copy that outlives what `view` shows.
    public init(copying view: borrowing TensorView) {
        self.init(view.type, view.shape, view.bytes.withUnsafeBytes { [UInt8]($0) })
    }

    /// For bytes that are known to fit.
    init(_ type: ElementType, _ shape: [Int], _ storage: [UInt8]) {
        self.type = type
        self.shape = shape
        self.storage = storage
    }

    /// How many elements there are.
    public var count: Int { storage.count / type.size }

    /// The elements as Swift numbers, copied.
    ///
    /// - Throws: ``IoUError/Code/invalidArgument`` where the tensor holds another
    ///   type.
    public func values<Element: TensorElement>(
        as _: Element.Type = Element.self
    ) throws(IoUError) -> [Element] {
        try Tensor.check(type, is: Element.elementType)
        return [Element](unsafeUninitializedCapacity: count) { target, initialized in
            storage.withUnsafeBytes { UnsafeMutableRawBufferPointer(target).copyMemory(from: $0) }
            initialized = count
        }
    }
}
