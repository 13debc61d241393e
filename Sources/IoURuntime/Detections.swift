/// The objects in one picture, by falling score.
public struct Detections: RandomAccessCollection, Hashable, Sendable {
    private let found: [Detection]

    /// Pixels in a row of the picture; boxes are in such pixels.
    public let width: Int

    /// Rows of the picture.
    public let height: Int

    init(_ found: [Detection], width: Int, height: Int) {
        self.found = found
        self.width = width
        self.height = height
    }

    public var startIndex: Int { found.startIndex }
    public var endIndex: Int { found.endIndex }

    /// 0 is the best.
    public subscript(position: Int) -> Detection { found[position] }

    /// The first `most` of those that `isWanted`.
    package func filtered(most: Int, _ isWanted: (Detection) -> Bool) -> Detections {
        Detections(Array(found.lazy.filter(isWanted).prefix(most)), width: width, height: height)
    }

    /// Those of one class, by falling score.
    public subscript(label: String) -> [Detection] { found.filter { $0.label == label } }
}
