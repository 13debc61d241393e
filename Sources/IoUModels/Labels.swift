public import IoUGraph

/// The names of a detector's classes, in the order of its channels.
public struct Labels: Hashable, Sendable {
    public let names: [String]
    /// Category numbers of COCO's format, where they are not 1, 2, 3 …
    public let ids: [Int]?

    private init(names: [String], ids: [Int]?) {
        self.names = names
        self.ids = ids
    }

    /// Labels of the caller. Throws `.mismatch` when there is none, when one is empty or has control
    /// characters, which the metadata cannot carry, or when two are equal.
    public init(_ names: [String]) throws(GraphError) {
        guard !names.isEmpty else {
            throw GraphError(.mismatch, "no labels, expected at least one")
        }
        for (index, name) in names.enumerated() {
            let bad = name.unicodeScalars.contains { $0.properties.generalCategory == .control }
            guard !name.isEmpty, !bad else {
                throw GraphError(
                    .mismatch, "label \(index + 1) is empty or has control characters")
            }
        }
        if let name = Self.firstDuplicate(names) {
            throw GraphError(.mismatch, "label '\(name)' appears twice")
        }
        self.init(names: names, ids: nil)
    }

    /// The first name that occurred before.
    public static func firstDuplicate(_ names: [String]) -> String? {
        var seen: Set<[UInt8]> = []
        return names.first { !seen.insert(Array($0.utf8)).inserted }
    }

    /// Labels of a text file, one a line; a line feed at the end and carriage returns before line
    /// feeds do not count.
    public init(text: String) throws(GraphError) {
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        while lines.last?.isEmpty == true { lines.removeLast() }
        try self.init(lines.map(String.init))
    }

    /// COCO's 80 names for 80 classes, else `class 0`, `class 1` …; `count` is at least 1.
    public static func numbered(_ count: Int) -> Labels {
        precondition(count >= 1, "a detector has at least one class")
        if count == coco.names.count { return coco }
        return Labels(names: (0..<count).map { "class \($0)" }, ids: nil)
    }

    /// The 80 classes of COCO 2017 with their category numbers, which have holes.
    public static let coco = Labels(names: cocoNames, ids: cocoIDs)

    private static let cocoIDs =
        Array(1...90).filter { ![12, 26, 29, 30, 45, 66, 68, 69, 71, 83].contains($0) }

    private static let cocoNames = [
        "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat",
        "traffic light", "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat",
        "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack",
        "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball",
        "kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket",
        "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple",
        "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair",
        "couch", "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse",
        "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
        "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier",
        "toothbrush",
    ]
}

extension Labels {
    /// Labels of a text file.
    public init(path: String) throws(GraphError) {
        let bytes = Blob(try MappedFile(path: path)).bytes
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw GraphError(.malformed, "'\(path)' is not UTF-8 text")
        }
        do {
            try self.init(text: text)
        } catch {
            throw GraphError(error.code, "'\(path)': \(error.message)")
        }
    }
}
