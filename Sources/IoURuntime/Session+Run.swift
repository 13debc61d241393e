internal import CIoU

extension Session {
    /// Runs the model and copies its outputs.
    ///
    /// - Parameters:
    ///   - inputs: All of the model's inputs, by name, and any of ``Model/defaultedInputs``.
    ///   - outputs: The names of the outputs requested; `nil`: all of them.
    ///   - options: A deadline, and a flag to stop the run.
    /// - Returns: The outputs by name.
    /// - Throws: ``IoUError/Code/invalidArgument`` for a missing or unknown name, a
    ///   wrong type or shape; ``IoUError/Code/badData``,
    ///   ``IoUError/Code/deadline``, ``IoUError/Code/cancelled``,
    ///   ``IoUError/Code/limit`` or ``IoUError/Code/outOfMemory``.
    public mutating func run(
        _ inputs: [String: Tensor], outputs: [String]? = nil, options: RunOptions = RunOptions()
    ) throws(IoUError) -> [String: Tensor] {
        try execute(inputs, outputs: outputs, options: options)
        var copies: [String: Tensor] = [:]
        for result in results {
            let name = String(cString: result.name)
            copies[name] = try Tensor(copying: view(of: result))
        }
        return copies
    }

    /// Runs the model and leaves its outputs in the session's memory, where ``output(_:)`` shows
    /// them: nothing is copied.
    ///
    /// - Parameters:
    ///   - inputs: All of the model's inputs, by name, and any of ``Model/defaultedInputs``.
    ///   - outputs: The names of the outputs requested; `nil`: all of them.
    ///   - options: A deadline, and a flag to stop the run.
    /// - Throws: What ``run(_:outputs:options:)`` throws.
    public mutating func execute(
        _ inputs: [String: Tensor], outputs: [String]? = nil, options: RunOptions = RunOptions()
    ) throws(IoUError) {
        results = []
        var views = try outputViews(named: outputs)
        let named = try namedInputs(inputs)
        try Tensor.withViews(of: named[...]) { inputs throws(IoUError) in
            try IoUError.check { error in
                options.withC { runOptions in
                    iou_session_run(
                        handle, inputs, inputs.count, &views, views.count, runOptions, error)
                }
            }
        }
        results = views
    }

    /// An output of the last run, without a copy. It can be looked at until the session's next run.
    ///
    /// - Throws: ``IoUError/Code/invalidArgument`` where the last run, if there was
    ///   one and it succeeded, was not asked for that output.
    @_lifetime(borrow self)
    public func output(_ name: String) throws(IoUError) -> TensorView {
        let names = results.map { String(cString: $0.name) }
        guard let index = names.firstIndex(of: name) else {
            let expected = names.map { "'\($0)'" }.joined(separator: ", ")
            throw IoUError(
                .invalidArgument,
                "output of a run '\(name)': "
                    + (names.isEmpty ? "there is none" : "expected one of \(expected)"))
        }
        return try view(of: results[index])
    }

    @_lifetime(borrow self)
    private func view(of result: iou_tensor) throws(IoUError) -> TensorView {
        guard let type = ElementType(rawValue: result.type.rawValue) else {
            throw IoUError(
                .unsupported,
                "output '\(String(cString: result.name))': type \(result.type.rawValue) is none "
                    + "that can be held")
        }
        let memory = UnsafeRawBufferPointer(start: result.data, count: result.size)
        let bytes = _overrideLifetime(RawSpan(_unsafeBytes: memory), borrowing: self)
        return _overrideLifetime(TensorView(type, result.shape, bytes), borrowing: self)
    }
}

extension Session {
    /// Inputs in the model's order, with the model's own names, which outlive the run.
    private func namedInputs(
        _ inputs: [String: Tensor]
    ) throws(IoUError) -> [(name: UnsafePointer<CChar>?, tensor: Tensor)] {
        try givenInputs(Set(inputs.keys)).compactMap { info in
            inputs[String(cString: info.name)].map { (info.name, $0) }
        }
    }

    /// The inputs of these names; throws where there is none of a name, or a run needs another.
    func givenInputs(_ given: Set<String>) throws(IoUError) -> [iou_value_info] {
        let needed = model.handle.inputs
        let all = needed + model.handle.defaults
        let names = all.map { String(cString: $0.name) }
        if let stranger = given.subtracting(names).min() {
            throw IoUError.unknown(stranger, kind: "input", known: names)
        }
        if let missing = names.prefix(needed.count).first(where: { !given.contains($0) }) {
            throw IoUError(.invalidArgument, "input '\(missing)': expected a tensor, found none")
        }
        return zip(all, names).compactMap { given.contains($1) ? $0 : nil }
    }

    private func outputViews(named requested: [String]?) throws(IoUError) -> [iou_tensor] {
        let infos = model.handle.outputs
        guard let requested else { return infos.map { iou_tensor(name: $0.name) } }
        let names = infos.map { String(cString: $0.name) }
        var views: [iou_tensor] = []
        for name in requested {
            guard let index = names.firstIndex(of: name) else {
                throw IoUError.unknown(name, kind: "output", known: names)
            }
            views.append(iou_tensor(name: infos[index].name))
        }
        return views
    }
}

extension IoUError {
    fileprivate static func unknown(_ name: String, kind: String, known: [String]) -> IoUError {
        let expected = known.map { "'\($0)'" }.joined(separator: ", ")
        return IoUError(
            .invalidArgument,
            "\(kind) '\(name)': the model has no such \(kind), expected one of \(expected)")
    }
}
