import IoUGraph

/// Tensors of a PyTorch checkpoint (`.pth`), in the zip format or the one before it.
///
/// Source: specification 7.7. The pickle inside is run by an interpreter that knows tensors and
/// dictionaries only.
struct CheckpointFile: TensorFile {
    let path: String
    let names: [String]
    private let tensors: [String: PickleTensor]
    /// Contents of the storages by their keys.
    private let storages: [String: Blob]

    init(_ file: Blob, path: String) throws(GraphError) {
        self.path = path
        do throws(GraphError) {
            let content =
                switch file.withUnsafeBytes({ $0.first }) {
                case UInt8(ascii: "P"): try Self.archive(file)
                case 0x80: try Self.legacy(file)
                default: throw GraphError(.unsupported, "it is neither a zip file nor a pickle")
                }
            tensors = content.tensors
            storages = content.storages
        } catch {
            throw GraphError(
                error.code, "'\(path)' is no readable PyTorch checkpoint: \(error.message)")
        }
        names = tensors.keys.sorted()
    }

    private typealias Content = (tensors: [String: PickleTensor], storages: [String: Blob])

    /// `ROOT/data.pkl` with storages in `ROOT/data/KEY`.
    private static func archive(_ file: Blob) throws(GraphError) -> Content {
        let entries = try ZipArchive(file).entries
        let programs = entries.keys.filter { $0.hasSuffix("/data.pkl") }
        guard let name = programs.first, programs.count == 1, let program = entries[name] else {
            throw GraphError(.malformed, "it has \(programs.count) entries data.pkl, expected 1")
        }
        let root = name.dropLast("data.pkl".count)
        if let order = entries["\(root)byteorder"], order.bytes != Array("little".utf8) {
            throw GraphError(.unsupported, "its numbers are not little-endian")
        }
        var machine = PickleMachine(program)
        let object = try machine.run()
        let tensors = try StateDictionary(object, machine.objects).tensors
        var storages: [String: Blob] = [:]
        let folder = "\(root)data/"
        for (name, content) in entries where name.hasPrefix(folder) {
            storages[String(name.dropFirst(folder.count))] = content
        }
        return (tensors, storages)
    }

    /// Pickles of a magic number, a version, the system, the object and the storages' keys, then a
    /// count and the bytes of each storage.
    private static func legacy(_ file: Blob) throws(GraphError) -> Content {
        var machine = PickleMachine(file)
        _ = try machine.run()
        guard try machine.run() == .int(1001) else {
            throw GraphError(.unsupported, "it is a pickle, but none of torch.save")
        }
        _ = try machine.run()
        let object = try machine.run()
        let tensors = try StateDictionary(object, machine.objects).tensors
        guard case .sequence(let keys) = try machine.run() else {
            throw GraphError(.malformed, "it has no list of storages")
        }
        let sizes = Dictionary(
            machine.objects.storages.map { ($0.key, storageSizes[$0.type] ?? 0) }
        ) { first, _ in first }
        var storages: [String: Blob] = [:]
        let reader = BytesReader(file)
        var at = machine.place
        for case .text(let key) in machine.objects.sequences[keys] {
            let count = try reader.uint64(at: at)
            let size = UInt64(sizes[key] ?? 0)
            guard size > 0, count <= UInt64(file.count - at - 8) / size else {
                throw GraphError(.malformed, "its storage '\(key)' lies outside of the file")
            }
            let end = at + 8 + Int(count * size)
            storages[key] = file[at + 8..<end]
            at = end
        }
        return (tensors, storages)
    }

    private static let storageSizes = [
        "FloatStorage": 4, "HalfStorage": 2, "BFloat16Storage": 2, "DoubleStorage": 8,
        "LongStorage": 8, "IntStorage": 4, "ShortStorage": 2, "CharStorage": 1, "ByteStorage": 1,
        "BoolStorage": 1,
    ]
}

extension CheckpointFile {
    func shape(_ name: String) -> [Int]? { tensors[name]?.shape }

    func float32(_ name: String) throws(GraphError) -> TensorLiteral {
        guard let tensor = tensors[name] else {
            throw GraphError(.mismatch, "'\(path)' has no tensor '\(name)'")
        }
        let places = try places(tensor, name)
        let size = Self.storageSizes[tensor.storage.type] ?? 0
        guard let blob = storages[tensor.storage.key],
            blob.count / max(size, 1) >= tensor.storage.count
        else {
            throw GraphError(.malformed, "'\(path)': tensor '\(name)' has no storage of its size")
        }
        let floats = try blob.withUnsafeBytes { (bytes) throws(GraphError) in
            try self.floats(bytes, places, tensor.storage.type, name)
        }
        return TensorLiteral(name, floats: floats, dimensions: tensor.shape.map { Int64($0) })
    }

    private func floats(
        _ bytes: UnsafeRawBufferPointer, _ places: [Int], _ type: String, _ name: String
    ) throws(GraphError) -> [Float] {
        func bits<T: FixedWidthInteger>(_ place: Int, _: T.Type) -> T {
            T(
                littleEndian: bytes.loadUnaligned(
                    fromByteOffset: place * MemoryLayout<T>.size, as: T.self))
        }
        switch type {
        case "FloatStorage": return places.map { Float(bitPattern: bits($0, UInt32.self)) }
        case "DoubleStorage": return places.map { Float(Double(bitPattern: bits($0, UInt64.self))) }
        case "HalfStorage": return places.map { Float(Float16(bitPattern: bits($0, UInt16.self))) }
        case "BFloat16Storage":
            return places.map { Float(bitPattern: UInt32(bits($0, UInt16.self)) << 16) }
        default:
            throw GraphError(
                .unsupported, "'\(path)': tensor '\(name)' is a \(type), expected floats")
        }
    }

    /// Where the elements are in the storage, row by row.
    private func places(_ tensor: PickleTensor, _ name: String) throws(GraphError) -> [Int] {
        let broken = GraphError(
            .malformed,
            "'\(path)': tensor '\(name)' of shape \(tensor.shape) lies outside of its "
                + "storage of \(tensor.storage.count) elements")
        var count = 1
        for extent in tensor.shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else { throw broken }
            count = product
        }
        // A view that repeats elements would be larger than the file that describes it.
        guard count <= tensor.storage.count, tensor.offset >= 0 else { throw broken }
        if count == 0 { return [] }
        var last = tensor.offset
        for (extent, stride) in zip(tensor.shape, tensor.strides) {
            let (step, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
            let (sum, second) = last.addingReportingOverflow(step)
            guard stride >= 0, !overflow, !second else { throw broken }
            last = sum
        }
        guard last < tensor.storage.count else { throw broken }
        if tensor.isRowMajor { return Array(tensor.offset..<tensor.offset + count) }
        var places = [tensor.offset]
        places.reserveCapacity(count)
        for (extent, stride) in zip(tensor.shape, tensor.strides) {
            places = places.flatMap { place in (0..<extent).map { place + $0 * stride } }
        }
        return places
    }
}
