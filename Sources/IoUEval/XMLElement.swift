/// An element of an XML file, with what is in it.
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
