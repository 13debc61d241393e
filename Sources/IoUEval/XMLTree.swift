internal import CExpat

/// Builds elements from what the parser reports.
final class XMLTree {
    private(set) var root: XMLElement?

    /// Why the parser was stopped.
    private(set) var refusal: String?

    /// The encoding that the file names, and whether the parser knows it.
    private(set) var declared: String?
    private(set) var isUnknown = false

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
        XML_SetXmlDeclHandler(parser) { tree, _, encoding, _ in
            XMLTree.behind(tree).declared = encoding.map { String(cString: $0) }
        }
        XML_SetUnknownEncodingHandler(
            parser,
            { tree, _, _ in
                XMLTree.behind(tree).isUnknown = true
                return Int32(XML_STATUS_ERROR.rawValue)
            }, Unmanaged.passUnretained(self).toOpaque())
        refuseDefinitions()
    }

    /// A document type may name what it likes, but what it defines can grow without end, and what
    /// it defines elsewhere would be missing.
    private func refuseDefinitions() {
        XML_SetEntityDeclHandler(parser) { tree, _, _, _, _, _, _, _, _ in
            XMLTree.behind(tree).refuse("a document type that defines entities")
        }
        XML_SetAttlistDeclHandler(parser) { tree, _, _, _, _, _ in
            XMLTree.behind(tree).refuse("a document type that defines attributes")
        }
        XML_SetSkippedEntityHandler(parser) { tree, _, _ in
            XMLTree.behind(tree).refuse("an entity that is not defined")
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
