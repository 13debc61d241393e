import FoundationEssentials
package import IoURuntime

/// Reports as JSON: keys sorted, so that equal results are equal files.
package enum JSON {
    /// One line. Numbers are as short as brings the same value back.
    package static func encode(
        _ value: some Encodable, for place: String
    ) throws(IoUError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return try Array(encoder.encode(value)) + [UInt8(ascii: "\n")]
        } catch {
            throw IoUError(.badData, "\(place): expected finite numbers, found others: \(error)")
        }
    }
}
