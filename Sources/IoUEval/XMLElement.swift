internal import CExpat
internal import IoURuntime

/// An element of an XML file, with what stands in it.
struct XMLElement {
    let name: String

    /// The characters of the element itself, without those of its children.
    var text = ""

    var children: [XMLElement] = []

    /// The first child of a name.
    subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// ``text`` without white space around it.
    var value: String {
        let space: Set<Character> = [" ", "\n", "\t", "\r", "\r\n"]
        let start = text.drop { space.contains($0) }
        return String(start.reversed().drop { space.contains($0) }.reversed())
    }
}

extension XMLElement {
    /// Reads the root element of a file of at most 64 MiB, without a document type.
    ///
    /// - Throws: `badData` where the file is not valid.
    static func read(_ file: FilePath) throws(IoUError) -> XMLElement {
        let bytes = try file.read(limit: 1 << 26)
        guard let parser = XML_ParserCreate(nil) else {
            throw IoUError(.outOfMemory, "'\(file)': no memory for its XML")
        }
        defer { XML_ParserFree(parser) }
        let tree = XMLTree(parser)
        let status = withExtendedLifetime(tree) {
            tree.listen()
            return bytes.withUnsafeBytes { buffer in
                XML_Parse(parser, buffer.baseAddress, Int32(buffer.count), 1)
            }
        }
        guard status == XML_STATUS_OK, let root = tree.root else {
            let reason = tree.refusal ?? String(cString: XML_ErrorString(XML_GetErrorCode(parser)))
            let line = XML_GetCurrentLineNumber(parser)
            throw IoUError(
                .badData, "'\(file)': wanted valid XML, found in line \(line): \(reason)")
        }
        return root
    }
}

/// Builds elements from what the parser reports.
private final class XMLTree {
    private(set) var root: XMLElement?

    /// Why the parser was stopped.
    private(set) var refusal: String?

    private let parser: XML_Parser

    /// The elements that have begun and not ended.
    private var open: [XMLElement] = []

    private static let deepest = 64

    init(_ parser: XML_Parser) {
        self.parser = parser
    }

    /// Has the parser report to this tree, which must live as long as it parses.
    func listen() {
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            parser,
            { tree, name, _ in
                guard let name else { return }
                XMLTree.behind(tree).begin(String(cString: name))
            },
            { tree, _ in XMLTree.behind(tree).end() })
        XML_SetCharacterDataHandler(parser) { tree, start, count in
            let text = UnsafeRawBufferPointer(start: start, count: Int(count))
            XMLTree.behind(tree).append(String(decoding: text, as: UTF8.self))
        }
        // Entities that a document type defines can grow without end.
        XML_SetStartDoctypeDeclHandler(parser) { tree, _, _, _, _ in
            XMLTree.behind(tree).refuse("a document type")
        }
    }

    private static func behind(_ pointer: UnsafeMutableRawPointer?) -> XMLTree {
        guard let pointer else { preconditionFailure("the parser was given a tree") }
        return Unmanaged<XMLTree>.fromOpaque(pointer).takeUnretainedValue()
    }

    private func begin(_ name: String) {
        guard open.count < XMLTree.deepest else {
            return refuse("more than \(XMLTree.deepest) elements in each other")
        }
        open.append(XMLElement(name: name))
    }

    private func append(_ text: String) {
        guard !open.isEmpty else { return }
        open[open.count - 1].text += text
    }

    private func end() {
        guard let element = open.popLast() else { return }
        if open.isEmpty {
            root = element
        } else {
            open[open.count - 1].children.append(element)
        }
    }

    private func refuse(_ reason: String) {
        refusal = refusal ?? reason
        XML_StopParser(parser, XML_Bool(XML_FALSE))
    }
}
