internal import IoURuntime

/// The objects of one picture in YOLO's form: a line for each, with the number of its class and its
/// box, or the corners of its outline, in parts of the picture's sides.
struct YOLOLabels {
    private(set) var objects: [Object] = []

    /// Lines that repeat one before, and are left out as YOLO's trainers leave them out.
    private(set) var repeated = 0

    struct Object: Hashable {
        let category: Int
        let box: BoundingBox
    }

    private static let mostBytes = 1 << 26

    /// Programs round sides up to this much beyond the picture.
    private static let shares = -0.01...1.01

    /// - Parameter keypointNumbers: How many numbers follow each box; `nil` where labels are of boxes
    ///   and outlines.
    /// - Throws: `badData` with the line that is wrong; `inputOutput`.
    init(
        _ path: FilePath, classes: Int, keypointNumbers: Int?, size: GroundTruth.Picture.Size
    ) throws(IoUError) {
        let bytes = try path.read(limit: Self.mostBytes)
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        var seen: Set<Object> = []
        for (number, line) in text.lines.enumerated() {
            let words = line.split { $0 == 0x20 || $0 == 0x09 }
            guard !words.isEmpty else { continue }
            let place = "'\(path)': line \(number + 1)"
            let box = try Self.boxWords(words, keypointNumbers: keypointNumbers, place)
            let object = try Self.object(box, classes: classes, size: size, place)
            if seen.insert(object).inserted {
                objects.append(object)
            } else {
                repeated += 1
            }
        }
    }

    /// Without the keypoints, which could be taken for corners of an outline.
    private static func boxWords(
        _ words: [ArraySlice<UInt8>], keypointNumbers: Int?, _ place: String
    ) throws(IoUError) -> [ArraySlice<UInt8>] {
        guard let keypointNumbers else { return words }
        guard words.count == 5 + keypointNumbers else {
            throw IoUError(
                .badData,
                "\(place): expected a class, 4 numbers of a box and \(keypointNumbers) of keypoints "
                    + "(kpt_shape), found \(words.count) words")
        }
        return Array(words.prefix(5))
    }

    private static func object(
        _ words: [ArraySlice<UInt8>], classes: Int, size: GroundTruth.Picture.Size, _ place: String
    ) throws(IoUError) -> Object {
        guard words.count == 5 || words.count >= 7 && words.count % 2 == 1 else {
            throw IoUError(
                .badData,
                "\(place): expected a class and 4 numbers of a box, or the 3 corners or more of an "
                    + "outline, found \(words.count) words"
                    + (words.count == 6 ? "; labels have no score" : ""))
        }
        let first = String(decoding: words[0], as: UTF8.self)
        guard let value = Double(first), value == value.rounded(), value >= 0,
            value < Double(classes)
        else {
            throw IoUError(
                .badData,
                "\(place): expected a class from 0 to \(classes - 1), found '\(first.prefix(60))'"
            )
        }
        var numbers: [Double] = []
        numbers.reserveCapacity(words.count)
        for word in words.dropFirst() {
            let text = String(decoding: word, as: UTF8.self)
            guard let number = Double(text), shares.contains(number) else {
                throw IoUError(
                    .badData,
                    "\(place): expected parts of the picture's sides from 0 to 1, found "
                        + "'\(text.prefix(60))'")
            }
            numbers.append(number)
        }
        let box = words.count == 5 ? centred(numbers, size) : around(numbers, size)
        if let fault = box.fault { throw IoUError(.badData, "\(place): \(fault)") }
        guard size.holds(box) else {
            throw IoUError(
                .badData, "\(place): expected a box in its picture, \(size), found \(box)")
        }
        return Object(category: Int(value), box: box)
    }

    private static func centred(
        _ numbers: [Double], _ size: GroundTruth.Picture.Size
    ) -> BoundingBox {
        let (across, down) = (Double(size.width), Double(size.height))
        return BoundingBox(
            x: (numbers[0] - numbers[2] / 2) * across, y: (numbers[1] - numbers[3] / 2) * down,
            width: numbers[2] * across, height: numbers[3] * down)
    }

    /// The box of an outline.
    private static func around(
        _ numbers: [Double], _ size: GroundTruth.Picture.Size
    ) -> BoundingBox {
        let (across, down) = (Double(size.width), Double(size.height))
        let xs = stride(from: 0, to: numbers.count, by: 2).map { numbers[$0] }
        let ys = stride(from: 1, to: numbers.count, by: 2).map { numbers[$0] }
        let (left, right) = (xs.min() ?? 0, xs.max() ?? 0)
        let (top, bottom) = (ys.min() ?? 0, ys.max() ?? 0)
        return BoundingBox(
            x: left * across, y: top * down, width: (right - left) * across,
            height: (bottom - top) * down)
    }
}
