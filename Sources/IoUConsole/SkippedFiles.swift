import IoURuntime

/// What a folder holds besides pictures, counted by ending.
struct SkippedFiles {
    var folders = 0

    private var counts: [String: Int] = [:]

    /// Endings that are spelled out; the others are counted together.
    private static let listed = 8

    mutating func append(_ name: FilePath) {
        counts[name.fileExtension, default: 0] += 1
    }

    /// As in "skipped 3 files: 2 .txt, 1 .webp"; `nil` where nothing was skipped.
    var text: String? {
        let files = counts.values.reduce(0, +)
        let parts = [
            files > 0 ? "\(files) file\(files == 1 ? "" : "s"): \(endings)" : nil,
            folders > 0 ? "\(folders) folder\(folders == 1 ? "" : "s")" : nil,
        ].compactMap(\.self)
        return parts.isEmpty ? nil : "skipped " + parts.joined(separator: "; ")
    }

    /// The most frequent first.
    private var endings: String {
        let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let shown = sorted.prefix(SkippedFiles.listed).map { ending, count in
            "\(count) " + (ending.isEmpty ? "without ending" : ".\(ending.shortened(to: 20))")
        }
        let rest = sorted.dropFirst(SkippedFiles.listed).map(\.value).reduce(0, +)
        return (shown + (rest > 0 ? ["\(rest) others"] : [])).joined(separator: ", ")
    }
}
