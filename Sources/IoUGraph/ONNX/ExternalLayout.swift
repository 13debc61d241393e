/// Which tensors are where in a file of external data.
struct ExternalLayout {
    /// All tensors; those of the file refer to it.
    private(set) var initializers: [TensorLiteral]
    private var parts: [(offset: Int, content: Blob)] = []

    /// Large tensors begin at pages, to be mapped; small ones at cache lines.
    private static let large = (size: 65_536, alignment: 4096)
    private static let smallAlignment = 64

    /// Tensors of at least `threshold` bytes go to the file that `location` names.
    init(
        _ tensors: [TensorLiteral], threshold: Int, location: String
    ) throws(GraphError) {
        // Readers take a backslash or "C:" for a path.
        guard !location.utf8.contains(UInt8(ascii: "\\")), location.utf8.dropFirst().first != 0x3a
        else { throw GraphError(.unsupported, "'\(location)' cannot be named in a model") }
        initializers = tensors
        var end = 0
        for index in tensors.indices {
            guard case .bytes(let content) = tensors[index].content, content.count >= threshold,
                content.count > 0
            else { continue }
            let offset = Self.aligned(end, content.count)
            end = offset + content.count
            parts.append((offset, content))
            initializers[index].content = .external([
                Property("location", location), Property("offset", String(offset)),
                Property("length", String(content.count)),
            ])
        }
    }

    /// Whether no tensor goes to the file.
    var isEmpty: Bool { parts.isEmpty }

    private static func aligned(_ offset: Int, _ size: Int) -> Int {
        let step = size >= large.size ? large.alignment : smallAlignment
        return (offset + step - 1) / step * step
    }

    /// The file with all contents, not yet under its name.
    func complete(_ path: String) throws(GraphError) -> AtomicFile {
        let file = try AtomicFile(path: path)
        var end = 0
        for part in parts {
            let gap = [UInt8](repeating: 0, count: part.offset - end)
            try gap.span.withUnsafeBytes { (bytes) throws(GraphError) in try file.write(bytes) }
            try part.content.withUnsafeBytes { (bytes) throws(GraphError) in
                try file.write(bytes)
            }
            end = part.offset + part.content.count
        }
        return file
    }
}
