/// An output where it is in the memory of a ``Session``, without a copy.
///
/// The compiler sees to it that the session does not run again, nor goes, while a view of it is in
/// use. ``Tensor/init(copying:)`` keeps the numbers for longer.
public struct TensorView: ~Escapable {
    public let type: ElementType

    /// The sides, outermost first. Empty: a single number.
    public let shape: [Int]

    /// The elements in this machine's byte order.
    public let bytes: RawSpan

    @_lifetime(copy bytes)
    init(_ type: ElementType, _ shape: [Int], _ bytes: RawSpan) {
        self.type = type
        self.shape = shape
        self.bytes = bytes
    }

    /// How many elements there are.
    public var count: Int { bytes.byteCount / type.size }

    /// The elements as Swift numbers, the last side varying fastest.
    ///
    /// - Throws: ``IoUError/Code/invalidArgument`` where the output has another type.
    @_lifetime(copy self)
    public func elements<Element: TensorElement>(
        as _: Element.Type = Element.self
    ) throws(IoUError) -> Span<Element> {
        try Tensor.check(type, is: Element.elementType)
        return Span(_bytes: bytes)
    }
}
