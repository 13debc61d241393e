internal import CIoU

/// One executed step of a run: an operator, or several fused into one.
public struct ProfileEntry: Hashable, Sendable {
    /// The node's name.
    public let name: String

    /// The operators of the step, such as "Conv+BatchNormalization+Relu".
    public let type: String

    public let algorithm: String

    /// The instruction set, such as "avx2".
    public let instructionSet: String

    /// Time in the last run; 0 where the session does not profile.
    public let milliseconds: Double

    /// Multiplications and additions, in billions; 0 where they are not counted.
    public let gflop: Double

    /// Bytes of the inputs, weights and outputs, as the model has them.
    public let bytes: Double
}

extension ProfileEntry {
    static func entries(of session: OpaquePointer) throws(IoUError) -> [ProfileEntry] {
        var first: UnsafePointer<iou_profile_entry>?
        var count = 0
        try IoUError.check { iou_session_profile(session, &first, &count, $0) }
        return UnsafeBufferPointer(start: first, count: count).map(ProfileEntry.init)
    }

    private init(_ entry: iou_profile_entry) {
        name = String(optional: entry.name)
        type = String(optional: entry.type)
        algorithm = String(optional: entry.algorithm)
        instructionSet = String(optional: entry.isa)
        milliseconds = entry.milliseconds
        gflop = entry.gflop
        bytes = entry.bytes
    }
}

extension String {
    /// The empty text for NULL.
    fileprivate init(optional text: UnsafePointer<CChar>?) {
        self = text.map { String(cString: $0) } ?? ""
    }
}
