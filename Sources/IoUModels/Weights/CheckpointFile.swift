import IoUGraph

/// Tensors of a pickle: a PyTorch checkpoint (`.pth`), in the zip format or the one before it, or
/// NumPy's arrays by name (`.pkl`), as Detectron2's model zoo has them.
///
/// The pickle inside is run by an interpreter that knows tensors, arrays and dictionaries only
/// (docs/detector.md, "Weights of other code bases").
struct CheckpointFile: TensorFile {
    let path: String
    let names: [String]
    private let content: Content

    /// Tensors, and what their places in the file hold.
    private struct Content {
        let tensors: [String: PickleTensor]
        var storages: [PickleTensor.Place: Blob] = [:]
    }

    /// Whether a file begins as one of these does.
    static func begins(_ file: Blob) -> Bool { isArchive(file) || isPickle(file) }

    private static func isArchive(_ file: Blob) -> Bool {
        file.withUnsafeBytes { $0.starts(with: [0x50, 0x4b, 3, 4]) }
    }

    /// The instruction that names the protocol, and one from 2 to 5.
    private static func isPickle(_ file: Blob) -> Bool {
        file.withUnsafeBytes { $0.count > 2 && $0[0] == 0x80 && (2...5).contains($0[1]) }
    }

    init(_ file: Blob, path: String) throws(GraphError) {
        self.path = path
        do throws(GraphError) {
            if Self.isArchive(file) {
                content = try Self.archive(file)
            } else if Self.isPickle(file) {
                content = try Self.pickle(file)
            } else {
                throw GraphError(
                    .unsupported, "it is neither a zip file nor a pickle of protocol 2 to 5")
            }
        } catch {
            throw GraphError(
                error.code,
                "'\(path)' is no readable PyTorch checkpoint or pickle of arrays: \(error.message)")
        }
        names = content.tensors.keys.sorted()
    }

    /// `ROOT/data.pkl` with storages in `ROOT/data/KEY`.
    private static func archive(_ file: Blob) throws(GraphError) -> Content {
        var archive = try ZipArchive(file)
        let programs = archive.names.filter { $0.hasSuffix("/data.pkl") }
        guard let name = programs.first, programs.count == 1,
            let program = try archive.content(name)
        else {
            throw GraphError(.malformed, "it has \(programs.count) entries data.pkl, expected 1")
        }
        let root = name.dropLast("data.pkl".count)
        if let order = try archive.content("\(root)byteorder"), order.bytes != Array("little".utf8)
        {
            throw GraphError(.unsupported, "its numbers are not little-endian")
        }
        var machine = PickleMachine(program)
        let object = try machine.run()
        var content = Content(tensors: try StateDictionary(object, machine.objects).tensors)
        for case .storage(let key) in Set(content.tensors.values.map(\.place)) {
            content.storages[.storage(key)] = try archive.content("\(root)data/\(key)")
        }
        return content
    }

    /// One pickle of arrays, or PyTorch's several.
    private static func pickle(_ file: Blob) throws(GraphError) -> Content {
        var machine = PickleMachine(file)
        let first = try machine.run()
        if case .map = first {
            var content = Content(tensors: try StateDictionary(first, machine.objects).tensors)
            for case .bytes(let run) in content.tensors.values.map(\.place) {
                content.storages[.bytes(run)] = machine.objects.runs[run]
            }
            return content
        }
        guard machine.place < file.count, try machine.run() == .int(1001) else {
            throw GraphError(
                .unsupported, "it is a pickle, but neither of torch.save nor of a dictionary")
        }
        return try legacy(file, machine)
    }

    /// Pickles of a magic number, a version, the system, the object and the storages' keys, then a
    /// count and the bytes of each storage; the first two are read.
    private static func legacy(
        _ file: Blob, _ begun: PickleMachine
    ) throws(GraphError) -> Content {
        var machine = begun
        _ = try machine.run()
        let object = try machine.run()
        var content = Content(tensors: try StateDictionary(object, machine.objects).tensors)
        guard case .sequence(let keys) = try machine.run() else {
            throw GraphError(.malformed, "it has no list of storages")
        }
        let sizes = Dictionary(
            machine.objects.storages.map { ($0.key, $0.format.size) }
        ) { first, _ in first }
        let reader = BytesReader(file)
        var at = machine.place
        for value in machine.objects.sequences[keys] {
            guard let key = machine.objects.text(value) else { continue }
            let count = try reader.uint64(at: at)
            let size = UInt64(sizes[key] ?? 0)
            guard size > 0, count <= UInt64(file.count - at - 8) / size else {
                throw GraphError(.malformed, "its storage '\(key)' lies outside of the file")
            }
            let end = at + 8 + Int(count * size)
            content.storages[.storage(key)] = file[at + 8..<end]
            at = end
        }
        return content
    }
}

extension CheckpointFile {
    func shape(_ name: String) -> [Int]? { content.tensors[name]?.numbers.shape }

    func float32(_ name: String) throws(GraphError) -> TensorLiteral {
        guard let tensor = content.tensors[name] else {
            throw GraphError(.mismatch, "'\(path)' has no tensor '\(name)'")
        }
        do {
            return try tensor.numbers.literal(name, in: content.storages[tensor.place])
        } catch {
            throw GraphError(error.code, "'\(path)': \(error.message)")
        }
    }
}
