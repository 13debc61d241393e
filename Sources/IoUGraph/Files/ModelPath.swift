/// A path, divided at its last slash.
struct ModelPath {
    /// Where files beside it are; "." without a slash.
    let folder: String
    /// The last component.
    let name: String

    init(_ path: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            folder = "."
            name = path
            return
        }
        folder = slash == path.startIndex ? "/" : String(path[..<slash])
        name = String(path[path.utf8.index(after: slash)...])
    }
}
