internal import CYAML
internal import IoURuntime

/// Reads the first document of a YAML file.
///
/// An alias is the node that its anchor names, and shares its memory, so that aliases of aliases
/// do not grow.
struct YAMLReader: ~Copyable {
    private let path: FilePath
    /// libyaml's own pointers lead to it, so it stays where it is.
    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let place = UnsafeMutablePointer<yaml_event_t>.allocate(capacity: 1)
    private var anchors: [String: YAMLNode] = [:]
    private var depth = 0

    /// Bytes of a file: the longest lists of names have some tens of thousands.
    private static let mostBytes = 1 << 22
    private static let mostLevels = 32

    /// - Throws: `badData` where the file is no valid YAML; `inputOutput`; `limit`.
    static func read(_ path: FilePath) throws(IoUError) -> YAMLNode {
        let bytes = try path.read(limit: mostBytes)
        var reader = try YAMLReader(path)
        return try bytes.withUnsafeBufferPointer { (buffer) throws(IoUError) in
            yaml_parser_set_input_string(reader.parser, buffer.baseAddress, buffer.count)
            return try reader.document()
        }
    }

    private init(_ path: FilePath) throws(IoUError) {
        self.path = path
        parser.initialize(to: yaml_parser_t())
        place.initialize(to: yaml_event_t())
        guard yaml_parser_initialize(parser) != 0 else {
            throw IoUError(.outOfMemory, "'\(path)': no memory for its YAML")
        }
    }

    deinit {
        yaml_event_delete(place)
        place.deallocate()
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    private var event: yaml_event_t { place.pointee }

    private mutating func document() throws(IoUError) -> YAMLNode {
        for expected in [YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT] {
            try advance()
            guard event.type == expected else {
                throw fault("expected a document, found none")
            }
        }
        try advance()
        return try node()
    }

    private func advance() throws(IoUError) {
        yaml_event_delete(place)
        guard yaml_parser_parse(parser, place) != 0 else {
            let failed = parser.pointee
            let reason = failed.problem.map { String(cString: $0) } ?? "other bytes"
            let line =
                failed.error == YAML_READER_ERROR ? "" : " in line \(failed.problem_mark.line + 1)"
            throw IoUError(.badData, "'\(path)': expected valid YAML, found\(line): \(reason)")
        }
    }

    /// What begins with the event.
    private mutating func node() throws(IoUError) -> YAMLNode {
        switch event.type {
        case YAML_ALIAS_EVENT:
            let name = String(cString: event.data.alias.anchor)
            guard let node = anchors[name] else {
                throw fault("expected an anchor before the alias '*\(name)', found none")
            }
            return node
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length),
                as: UTF8.self)
            let node = YAMLNode.scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
            keep(node, as: scalar.anchor.map { String(cString: $0) })
            return node
        case YAML_SEQUENCE_START_EVENT:
            let anchor = event.data.sequence_start.anchor.map { String(cString: $0) }
            let node = try list()
            keep(node, as: anchor)
            return node
        case YAML_MAPPING_START_EVENT:
            let anchor = event.data.mapping_start.anchor.map { String(cString: $0) }
            let node = try map()
            keep(node, as: anchor)
            return node
        default: throw fault("expected a value, found none")
        }
    }

    private mutating func keep(_ node: YAMLNode, as anchor: String?) {
        if let anchor { anchors[anchor] = node }
    }

    private mutating func list() throws(IoUError) -> YAMLNode {
        try descend()
        var items: [YAMLNode] = []
        while true {
            try advance()
            if event.type == YAML_SEQUENCE_END_EVENT { break }
            items.append(try node())
        }
        depth -= 1
        return .list(items)
    }

    private mutating func map() throws(IoUError) -> YAMLNode {
        try descend()
        var pairs: [(key: YAMLNode, value: YAMLNode)] = []
        var keys: Set<String> = []
        while true {
            try advance()
            if event.type == YAML_MAPPING_END_EVENT { break }
            let key = try node()
            if let text = key.text, !keys.insert(text).inserted {
                throw fault("expected another key than before, found '\(text)' again")
            }
            try advance()
            pairs.append((key, try node()))
        }
        depth -= 1
        return .map(pairs)
    }

    private mutating func descend() throws(IoUError) {
        depth += 1
        guard depth <= Self.mostLevels else {
            throw fault("expected at most \(Self.mostLevels) levels, found more")
        }
    }

    private func fault(_ text: String) -> IoUError {
        IoUError(.badData, "'\(path)': line \(event.start_mark.line + 1): \(text)")
    }
}
