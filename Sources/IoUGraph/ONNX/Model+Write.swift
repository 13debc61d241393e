/// Whether a model's weights are in a file of their own.
public enum ExternalDataUse: Hashable, Sendable {
    /// Only where one file would pass the 2 GiB that readers of ONNX take.
    case whenNeeded
    /// Initializers of at least so many bytes do. Shapes and other small ones had better stay: many
    /// readers want their values while they load.
    case always(threshold: Int = 1024)
}

extension Model {
    /// The largest protocol buffer that readers take.
    private static let maximumBytes = Int(Int32.max)

    /// Writes the ONNX file, which appears under its name only when it is complete; with external
    /// data also `NAME.data` beside it, or `NAME.1.data` and so on where that is taken. The data of a
    /// model that is replaced are removed.
    ///
    /// Throws `.inputOutput` when the system refuses, `.limit` beyond 2 GiB.
    public func write(
        to path: String, externalData: ExternalDataUse = .whenNeeded
    ) throws(GraphError) {
        switch externalData {
        case .always(let threshold): try writePair(path, threshold)
        case .whenNeeded:
            let writer = onnx
            if writer.count <= Self.maximumBytes {
                try writer.complete(path).commit()
            } else {
                try writePair(path, 1024)
            }
        }
    }

    /// One file that `check` has to take first, under the name that it is given; where it throws,
    /// nothing appears.
    public func write(
        to path: String, checking check: (String) throws(GraphError) -> Void
    ) throws(GraphError) {
        let file = try onnx.complete(path)
        try check(file.draft)
        try file.commit()
    }

    /// The data go to a name that nobody refers to yet, so that the model's new name is all that
    /// decides: whenever the process ends, the old pair is there or the new one. Old data, which only
    /// the old model is known to refer to, go at the end.
    private func writePair(_ path: String, _ threshold: Int) throws(GraphError) {
        let data = ExternalDataName(besideModel: path)
        let layout = try ExternalLayout(
            graph.initializers, threshold: threshold, location: data.name)
        guard !layout.isEmpty else { return try onnx.complete(path).commit() }
        var referring = self
        referring.graph.initializers = layout.initializers
        let old = data.namesOfOldModel
        let model = try referring.onnx.complete(path)
        try layout.complete(data.path(of: data.name)).commit()
        do throws(GraphError) {
            try model.commit()
        } catch {
            data.remove(data.name)
            throw error
        }
        for name in old { data.remove(name) }
    }
}

extension WireWriter {
    /// A file with all bytes, not yet under its name.
    fileprivate func complete(_ path: String) throws(GraphError) -> AtomicFile {
        let most = Int(Int32.max)
        guard count <= most else {
            throw GraphError(
                .limit, "'\(path)': an ONNX file has at most \(most) bytes, this has \(count)")
        }
        let file = try AtomicFile(path: path)
        try forEachChunk { (chunk) throws(GraphError) in try file.write(chunk) }
        return file
    }
}
