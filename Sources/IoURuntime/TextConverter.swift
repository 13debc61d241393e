internal import Glibc

/// Text of one encoding made UTF-8, by the system's iconv.
package struct TextConverter: ~Copyable {
    private let handle: iconv_t

    /// The place of bytes that the encoding does not have.
    package struct InvalidBytes: Error {
        package let position: Int
    }

    /// - Returns: `nil` where iconv knows no encoding of the name.
    package init?(from name: String) {
        let known = TextConverter.asFound[TextConverter.key(name)] ?? name
        guard let handle = iconv_open("UTF-8", known), handle != iconv_t(bitPattern: -1) else {
            return nil
        }
        self.handle = handle
    }

    deinit { iconv_close(handle) }

    /// Files hold what Windows and browsers take these names for, which is more than they are.
    private static let asFound = [
        "gb2312": "GB18030", "gbk": "GB18030", "big5": "BIG5-HKSCS", "shift-jis": "CP932",
        "sjis": "CP932", "euc-jp": "EUC-JP-MS", "euc-kr": "CP949", "ks-c-5601-1987": "CP949",
    ]

    private static func key(_ name: String) -> String {
        let plain = String(name.lowercased().map { $0 == "_" ? "-" : $0 })
        return plain.hasPrefix("x-") ? String(plain.dropFirst(2)) : plain
    }

    package consuming func utf8(_ bytes: [UInt8]) throws(InvalidBytes) -> [UInt8] {
        var left = bytes.count
        var isWhole = false
        // No encoding has characters of one byte that take more than three in UTF-8.
        let text = [UInt8](unsafeUninitializedCapacity: 3 * left + 64) { buffer, count in
            var room = buffer.count
            buffer.withMemoryRebound(to: CChar.self) { target in
                bytes.withUnsafeBytes { raw in
                    // iconv's type lacks a const.
                    let start = raw.assumingMemoryBound(to: CChar.self).baseAddress
                    var source = UnsafeMutablePointer(mutating: start)
                    var end = target.baseAddress
                    isWhole =
                        iconv(handle, &source, &left, &end, &room) != -1
                        && iconv(handle, nil, nil, &end, &room) != -1
                }
            }
            count = buffer.count - room
        }
        guard isWhole else { throw InvalidBytes(position: bytes.count - left) }
        return text
    }
}
