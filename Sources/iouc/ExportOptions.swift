public import ArgumentParser
public import IoUModels

extension Backbone: ExpressibleByArgument {}

extension Convention: ExpressibleByArgument {}

extension Postprocess: ExpressibleByArgument {}

extension InputSize: ExpressibleByArgument {
    /// `480x640`: height, width.
    public init?(argument: String) {
        let sides = argument.split(separator: "x", omittingEmptySubsequences: false)
            .map { Int($0) }
        guard sides.count == 2, let height = sides[0], let width = sides[1],
            (1...65_536).contains(height), (1...65_536).contains(width)
        else { return nil }
        self.init(height: height, width: width)
    }
}

/// `key=text` of `--training`.
struct TrainingNote: ExpressibleByArgument {
    let key: String
    let text: String

    init?(argument: String) {
        let parts = argument.split(
            separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let allowed = "abcdefghijklmnopqrstuvwxyz0123456789_."
        guard parts.count == 2, !parts[0].isEmpty, parts[0].allSatisfy(allowed.contains),
            !parts[1].contains(where: \.isNewline)
        else { return nil }
        key = String(parts[0])
        text = String(parts[1])
    }
}
