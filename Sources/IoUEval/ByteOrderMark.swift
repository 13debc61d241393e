/// The mark that some programs begin a text with, and which says more than any name of an encoding.
enum ByteOrderMark {
    case utf8
    case utf16

    /// - Returns: `nil` where the text has none.
    init?(_ text: [UInt8]) {
        if text.starts(with: [0xEF, 0xBB, 0xBF]) {
            self = .utf8
        } else if text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) {
            self = .utf16
        } else {
            return nil
        }
    }

    var encoding: String {
        switch self {
        case .utf8: "UTF-8"
        case .utf16: "UTF-16"
        }
    }
}
