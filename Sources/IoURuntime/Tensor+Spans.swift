/// A tensor's elements where they are, without a copy.
extension Tensor {
    /// The elements in this machine's byte order.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get { storage.span.bytes }
    }

    /// The elements to be changed, in this machine's byte order.
    public var mutableBytes: MutableRawSpan {
        @_lifetime(&self)
        mutating get { _overrideLifetime(MutableRawSpan(_unsafeBytes: memory), mutating: &self) }
    }

    /// The elements as Swift numbers, the last side varying fastest.
    ///
    /// - Throws: ``IoUError/Code/invalidArgument`` where the tensor holds another
    ///   type.
    @_lifetime(borrow self)
    public func elements<Element: TensorElement>(
        as _: Element.Type = Element.self
    ) throws(IoUError) -> Span<Element> {
        try Tensor.check(type, is: Element.elementType)
        return Span(_bytes: storage.span.bytes)
    }

    /// The elements to be changed: what a program fills before every run, without a new tensor.
    ///
    /// - Throws: ``IoUError/Code/invalidArgument`` where the tensor holds another
    ///   type.
    @_lifetime(&self)
    public mutating func mutableElements<Element: TensorElement>(
        as _: Element.Type = Element.self
    ) throws(IoUError) -> MutableSpan<Element> {
        try Tensor.check(type, is: Element.elementType)
        return _overrideLifetime(MutableSpan(_unsafeBytes: memory), mutating: &self)
    }

    /// This tensor's own, until the tensor is copied or changed.
    private var memory: UnsafeMutableRawBufferPointer {
        mutating get { storage.withUnsafeMutableBytes { $0 } }
    }
}
