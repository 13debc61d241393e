internal import CIoU

/// Runs a model on tensors. A session serves one thread at a time, as a value with one owner must.
public struct Session: ~Copyable {
    public let model: Model
    private let handle: OpaquePointer

    /// Prepares `model` to be run.
    ///
    /// - Throws: `unsupported`, `badModel`, `limit` or `outOfMemory`.
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

    /// Runs the model.
    ///
    /// - Parameters:
    ///   - inputs: All of the model's inputs, by name.
    ///   - outputs: The names of the outputs wanted; `nil`: all of them.
    /// - Returns: The outputs by name.
    /// - Throws: `invalidArgument` for a missing or unknown name, a wrong type or shape;
    ///   `badData`, `deadline`, `cancelled`, `limit` or `outOfMemory`.
    public mutating func run(
        _ inputs: [String: Tensor], outputs: [String]? = nil, options: RunOptions = RunOptions()
    ) throws(IoUError) -> [String: Tensor] {
        var views = try outputViews(named: outputs)
        try run(inputs, into: &views, options: options)
        var results: [String: Tensor] = [:]
        for view in views {
            results[String(cString: view.name)] = try Tensor(copying: view)
        }
        return results
    }

    /// Runs the model and leaves the outputs in the session's memory, for measuring.
    ///
    /// - Throws: What ``run(_:outputs:options:)`` throws.
    public mutating func execute(
        _ inputs: [String: Tensor], options: RunOptions = RunOptions()
    ) throws(IoUError) {
        var views = try outputViews(named: nil)
        try run(inputs, into: &views, options: options)
    }

    /// Plans without running for inputs of these shapes, all of them, by name: ``profile`` and
    /// ``memory`` then answer for that plan, with times of 0.
    ///
    /// - Throws: What ``run(_:outputs:options:)`` throws.
    public mutating func prepare(shapes: [String: [Int]]) throws(IoUError) {
        let infos = (0..<iou_model_input_count(model.handle.pointer)).map(model.handle.input)
        try requireAll(of: infos.map { String(cString: $0.name) }, among: Set(shapes.keys))
        var views: [iou_tensor] = []
        for info in infos {
            let shape = shapes[String(cString: info.name)] ?? []
            views.append(try iou_tensor(unfilled: info, shape: shape))
        }
        try IoUError.check { iou_session_prepare(handle, views, views.count, $0) }
    }

    /// The steps of the last run or plan; with ``SessionOptions/profiles``, their times.
    public var profile: [ProfileEntry] {
        get throws(IoUError) { try ProfileEntry.entries(of: handle) }
    }

    /// Memory of the last run's plan, or of the last that was prepared.
    public var memory: MemoryUse { MemoryUse(handle) }
}

extension Session {
    private func run(
        _ inputs: [String: Tensor], into outputs: inout [iou_tensor], options: RunOptions
    ) throws(IoUError) {
        let named = try namedInputs(inputs)
        try Tensor.withViews(of: named[...]) { views throws(IoUError) in
            try IoUError.check { error in
                options.withC { wishes in
                    iou_session_run(
                        handle, views, views.count, &outputs, outputs.count, wishes,
                        error)
                }
            }
        }
    }

    /// Inputs in the model's order, with the model's own names, which outlive the run.
    private func namedInputs(
        _ inputs: [String: Tensor]
    ) throws(IoUError) -> [(name: UnsafePointer<CChar>?, tensor: Tensor)] {
        let infos = (0..<iou_model_input_count(model.handle.pointer)).map(model.handle.input)
        let names = infos.map { String(cString: $0.name) }
        try requireAll(of: names, among: Set(inputs.keys))
        return zip(infos, names).compactMap { info, name in inputs[name].map { (info.name, $0) } }
    }

    private func requireAll(of names: [String], among given: Set<String>) throws(IoUError) {
        if let stranger = given.filter({ !names.contains($0) }).min() {
            throw IoUError.unknown(stranger, kind: "input", known: names)
        }
        if let missing = names.first(where: { !given.contains($0) }) {
            throw IoUError(.invalidArgument, "input '\(missing)': wanted a tensor, found none")
        }
    }

    private func outputViews(named wanted: [String]?) throws(IoUError) -> [iou_tensor] {
        let infos = (0..<iou_model_output_count(model.handle.pointer)).map(model.handle.output)
        guard let wanted else { return infos.map { iou_tensor(name: $0.name) } }
        let names = infos.map { String(cString: $0.name) }
        var views: [iou_tensor] = []
        for name in wanted {
            guard let index = names.firstIndex(of: name) else {
                throw IoUError.unknown(name, kind: "output", known: names)
            }
            views.append(iou_tensor(name: infos[index].name))
        }
        return views
    }
}

extension iou_tensor {
    /// An input of a shape, without data.
    fileprivate init(unfilled info: iou_value_info, shape: [Int]) throws(IoUError) {
        self.init()
        guard shape.count <= Int(IOU_MAX_RANK) else {
            throw IoUError(
                .invalidArgument,
                "input '\(String(cString: info.name))': wanted a rank of at most "
                    + "\(IOU_MAX_RANK), found \(shape.count)")
        }
        name = info.name
        type = info.type
        rank = Int32(shape.count)
        withUnsafeMutableBytes(of: &dims) { bytes in
            let sides = bytes.bindMemory(to: Int64.self)
            for (axis, side) in shape.enumerated() { sides[axis] = Int64(side) }
        }
    }
}

extension IoUError {
    fileprivate static func unknown(_ name: String, kind: String, known: [String]) -> IoUError {
        let wanted = known.map { "'\($0)'" }.joined(separator: ", ")
        return IoUError(
            .invalidArgument,
            "\(kind) '\(name)': the model has no such \(kind), wanted one of \(wanted)")
    }
}
