internal import CIoU

/// Runs a model on tensors.
///
/// A session is a value with one owner, and serves one thread at a time: it cannot be sent to
/// another one, so every thread opens its own. They share the ``Model``.
public struct Session: ~Copyable {
    public let model: Model
    let handle: OpaquePointer

    /// The outputs of the last run, in the session's memory.
    var results: [iou_tensor] = []

    /// Prepares `model` to be run.
    ///
    /// - Throws: ``IoUError/Code/unsupported``, ``IoUError/Code/badModel``,
    ///   ``IoUError/Code/limit`` or ``IoUError/Code/outOfMemory``.
    public init(
        _ model: Model, options: SessionOptions = SessionOptions()
    ) throws(IoUError) {
        var session: OpaquePointer?
        try IoUError.check { error in
            options.withC { iou_session_open(&session, model.handle.pointer, $0, error) }
        }
        guard let session else { preconditionFailure("a session was opened without a handle") }
        self.model = model
        handle = session
    }

    deinit {
        var session: OpaquePointer? = handle
        iou_session_close(&session)
    }

    /// Plans without running for inputs of these shapes, by name, all that a run needs: ``profile``
    /// and ``memory`` then answer for that plan, with times of 0.
    ///
    /// - Throws: What ``run(_:outputs:options:)`` throws.
    public mutating func prepare(shapes: [String: [Int]]) throws(IoUError) {
        results = []
        var views: [iou_tensor] = []
        for info in try givenInputs(Set(shapes.keys)) {
            let shape = shapes[String(cString: info.name)] ?? []
            views.append(try iou_tensor(unfilled: info, shape: shape))
        }
        try IoUError.check { iou_session_prepare(handle, views, views.count, $0) }
    }

    /// What is known of the outputs for the shapes of the last run, or of the last plan that was
    /// prepared: sides are unknown where they depend on data.
    ///
    /// - Throws: ``IoUError/Code/invalidArgument`` where nothing was run nor prepared.
    public var plannedOutputs: [ValueInfo] {
        get throws(IoUError) {
            var infos: [ValueInfo] = []
            for index in model.handle.outputs.indices {
                var info = iou_value_info()
                try IoUError.check { iou_session_output(handle, index, &info, $0) }
                infos.append(ValueInfo(info))
            }
            return infos
        }
    }

    /// Threads of the last run, which are less than those asked for where the system gives no more;
    /// before the first run, those asked for.
    public var threads: Int { Int(iou_session_threads(handle)) }

    /// The steps of the last run or plan; with ``SessionOptions/profiles``, their times.
    public var profile: [ProfileEntry] {
        get throws(IoUError) { try ProfileEntry.entries(of: handle) }
    }

    /// Memory of the last run's plan, or of the last that was prepared.
    public var memory: MemoryUse { MemoryUse(handle) }
}

extension iou_tensor {
    /// An input of a shape, without data.
    fileprivate init(unfilled info: iou_value_info, shape: [Int]) throws(IoUError) {
        guard shape.count <= Int(IOU_MAX_RANK) else {
            throw IoUError(
                .invalidArgument,
                "input '\(String(cString: info.name))': expected a rank of at most "
                    + "\(IOU_MAX_RANK), found \(shape.count)")
        }
        self.init(name: info.name, shape: shape)
        type = info.type
    }
}
