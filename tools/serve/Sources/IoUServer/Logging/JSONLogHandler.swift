import FoundationEssentials
import Glibc
public import Logging

/// One line of JSON on standard error for each message.
public struct JSONLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    private let label: String

    public init(label: String, level: Logger.Level) {
        self.label = label
        logLevel = level
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var line = JSONLogHandler.line(
            label: label, level: event.level, message: "\(event.message)",
            metadata: metadata.merging(event.metadata ?? [:]) { $1 })
        line.append(0x0A)
        // One call for a line, so that lines of several threads do not mix.
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    static func line(
        label: String, level: Logger.Level, message: String, metadata: Logger.Metadata
    ) -> [UInt8] {
        JSONText.object { text in
            text.key("time")
            text.string(
                Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
            text.key("level")
            text.string(level.rawValue)
            text.key("label")
            text.string(label)
            text.key("message")
            text.string(message)
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
                text.key(key)
                text.metadata(value)
            }
        }
    }
}

extension JSONText {
    fileprivate mutating func metadata(_ value: Logger.MetadataValue) {
        switch value {
        case .string(let text): string(text)
        case .stringConvertible(let value):
            switch value {
            case let number as Int: self.number(number)
            case let number as Double: self.number(number)
            case let flag as Bool: bool(flag)
            default: string(value.description)
            }
        case .array(let values): array(values) { $0.metadata($1) }
        case .dictionary(let members):
            object { text in
                for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                    text.key(key)
                    text.metadata(value)
                }
            }
        }
    }
}
