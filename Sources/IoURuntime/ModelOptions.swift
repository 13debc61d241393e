internal import CIoU

/// Limits for model files that are not trusted.
public struct ModelOptions: Hashable, Sendable {
    /// The largest file in bytes; `nil`: 8 GiB.
    public var maximumModelBytes: Int?

    /// The largest decoded structure in bytes, without weights; `nil`: 512 MiB.
    public var maximumDecodedBytes: Int?

    /// The most nodes; `nil`: 1,000,000.
    public var maximumNodes: Int?

    /// Opens models with operators that the library lacks, to be looked at but not run.
    public var allowsMissingOperators = false

    /// Refuses a symbolic link as the model's file, and all those that its weights in other files
    /// are reached through below its folder. Without it such links may lead to files of the folder,
    /// or of the one that the model's own file really is in.
    public var refusesLinks = false

    public init() {}

    func withC<Result>(_ body: (UnsafePointer<iou_model_options>) -> Result) -> Result {
        var options = iou_model_options()
        options.struct_size = MemoryLayout<iou_model_options>.stride
        options.max_model_bytes = maximumModelBytes ?? 0
        options.max_decoded_bytes = maximumDecodedBytes ?? 0
        options.max_nodes = maximumNodes ?? 0
        options.allow_missing_operators = allowsMissingOperators
        options.refuse_links = refusesLinks
        return body(&options)
    }
}
