import ArgumentParser
package import IoURuntime

extension FilePath: ExpressibleByArgument {
    /// Takes the bytes of the command line, where Swift has repaired them to be UTF-8.
    package init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        self.init(bytes: CommandLine.rawBytes(of: argument))
    }
}

extension CommandLine {
    /// The bytes of the argument that reads as `argument`, or of one that ends with it after "=".
    fileprivate static func rawBytes(of argument: String) -> [UInt8] {
        guard argument.unicodeScalars.contains("\u{FFFD}") else { return Array(argument.utf8) }
        for index in 1..<Int(argc) {
            guard let pointer = unsafeArgv[index] else { continue }
            let bytes = UnsafeBufferPointer(start: pointer, count: arguments[index].utf8.count)
                .prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            for tail in [bytes[...], bytes.drop { $0 != UInt8(ascii: "=") }.dropFirst()]
            where String(decoding: tail, as: UTF8.self) == argument {
                return Array(tail)
            }
        }
        return Array(argument.utf8)
    }
}
