internal import CIoU

/// How a session runs its model.
public struct SessionOptions: Hashable, Sendable {
    /// Threads of a run; `nil`: the processors that this process may use.
    public var threads: Int?

    /// `false`: the reference way, node by node, without fusion or changes of layout.
    public var optimizes = true

    /// Records the time of every operator.
    public var profiles = false

    /// "scalar", "blas", "avx2", "avxvnni", "avx512" or "avx512vnni"; `nil`: the environment's `IOU_ISA`, or the
    /// best there is.
    public var instructionSet: String?

    /// The most bytes of intermediate values; `nil`: 16 GiB.
    public var maximumMemoryBytes: Int?

    public init(threads: Int? = nil, optimizes: Bool = true, profiles: Bool = false) {
        self.threads = threads
        self.optimizes = optimizes
        self.profiles = profiles
    }

    func withC<Result>(_ body: (UnsafePointer<iou_session_options>) -> Result) -> Result {
        guard let instructionSet else { return withC(isa: nil, body) }
        return instructionSet.withCString { withC(isa: $0, body) }
    }

    private func withC<Result>(
        isa: UnsafePointer<CChar>?, _ body: (UnsafePointer<iou_session_options>) -> Result
    ) -> Result {
        var options = iou_session_options()
        options.struct_size = MemoryLayout<iou_session_options>.stride
        options.threads = Int32(clamping: threads ?? 0)
        options.no_optimize = !optimizes
        options.profile = profiles
        options.isa = isa
        options.max_memory_bytes = maximumMemoryBytes ?? 0
        return body(&options)
    }
}
