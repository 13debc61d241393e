/// The path of a file: bytes, as the system has them, which need not be UTF-8.
///
/// Not swift-system's `FilePath`: it drops the slash at the end, which says "folder" in
/// `iourun --output drawn/`, and changes `a//b`, which errors repeat as it was given. It would add
/// 0.3 MB to each tool and a dependency to every package that depends on IoURuntime, whose public API
/// takes `String`; and listing folders, renaming and resolving links would remain ours.
package struct FilePath: Hashable, Sendable, CustomStringConvertible {
    /// Without the ending NUL.
    package let bytes: [UInt8]

    /// The bytes up to the first NUL, which no path can hold.
    package init(bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes.prefix { $0 != 0 })
    }

    package init(_ text: String) {
        self.init(bytes: text.utf8)
    }

    /// For people: bytes that are not UTF-8 become U+FFFD.
    package var description: String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// What follows the last slash.
    package var lastComponent: FilePath {
        FilePath(bytes: trimmed.bytes[afterLastSlash...])
    }

    /// The folder that holds the file; "." where the path does not name it.
    package var parent: FilePath {
        let head = trimmed.bytes[..<afterLastSlash]
        guard !head.isEmpty else { return FilePath(".") }
        return FilePath(bytes: head.count == 1 ? head : head.dropLast())
    }

    /// The last component without what follows its last dot.
    package var stem: FilePath {
        let name = lastComponent.bytes
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0 else {
            return lastComponent
        }
        return FilePath(bytes: name[..<dot])
    }

    /// What follows the last dot of the last component, in lower case; empty where there is none.
    package var fileExtension: String {
        let name = lastComponent.bytes
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return "" }
        return String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased()
    }

    package var endsWithSlash: Bool { bytes.last == UInt8(ascii: "/") }

    /// `self` as a folder, with `name` in it.
    package func appending(_ name: FilePath) -> FilePath {
        let separator: [UInt8] = bytes.isEmpty || endsWithSlash ? [] : [UInt8(ascii: "/")]
        return FilePath(bytes: bytes + separator + name.bytes)
    }

    package func appending(_ name: String) -> FilePath {
        appending(FilePath(name))
    }

    /// `self` without the slashes at its end, except where it is the root.
    private var trimmed: FilePath {
        guard let last = bytes.lastIndex(where: { $0 != UInt8(ascii: "/") }) else { return self }
        return FilePath(bytes: bytes[...last])
    }

    private var afterLastSlash: Int {
        (trimmed.bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
    }

    package func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        (bytes + [0]).withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else {
                    preconditionFailure("an array with a NUL is never empty")
                }
                return body(start)
            }
        }
    }
}
