internal import CIoU

/// Memory that a session planned for its last run.
public struct MemoryUse: Hashable, Sendable {
    /// Bytes for intermediate values.
    public let intermediateBytes: Int

    /// Bytes of weights that were packed for the kernels.
    public let packedWeightBytes: Int

    init(_ session: OpaquePointer) {
        var arena = 0
        var weights = 0
        iou_session_memory(session, &arena, &weights)
        intermediateBytes = arena
        packedWeightBytes = weights
    }
}
