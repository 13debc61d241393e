/// A box in pixels of the network's input.
public struct Box: Hashable, Sendable {
    public var x1: Float
    public var y1: Float
    public var x2: Float
    public var y2: Float

    public init(_ x1: Float, _ y1: Float, _ x2: Float, _ y2: Float) {
        self.x1 = x1
        self.y1 = y1
        self.x2 = x2
        self.y2 = y2
    }
}

/// The boxes of the cell at the origin, for each level of the pyramid.
public enum Anchors {
    /// Pixels from one cell to the next, P3 … P7.
    public static let strides = [8, 16, 32, 64, 128]
    /// Height / width.
    static let ratios = [0.5, 1, 2]
    /// Of four strides, three to an octave.
    static let scales = [4, 4 * 1.2599210498948732, 4 * 1.5874010519681994]

    /// |ln(16 / 1000)|, the limit of dw and dh.
    static let clamp: Float = 4.135166556742356

    /// Anchors of a cell.
    public static let count = ratios.count * scales.count

    /// The nine boxes of one level in the order of the channels (docs/detector.md, "Anchors").
    public static func base(
        stride: Int, _ convention: Convention, _ order: AnchorOrder
    ) -> [Box] {
        order.pairs.map { ratio, size in
            let root = ratios[ratio].squareRoot()
            let side = Double(stride) * scales[size]
            switch convention {
            case .edges, .mmdetection, .detectron2: return centred(side / root, side * root)
            case .legacy: return legacy(side / root, side * root, center: Double(stride - 1) / 2)
            case .torchvision:
                return rounded(side.rounded(.down) / root, side.rounded(.down) * root)
            case .odtk: return centred(side / root, side * root, at: Float(stride) / 2)
            }
        }
    }

    private static func centred(_ width: Double, _ height: Double, at center: Float = 0) -> Box {
        let (right, bottom) = (Float(width / 2), Float(height / 2))
        return Box(center - right, center - bottom, center + right, center + bottom)
    }

    /// Ties to even.
    private static func rounded(_ width: Double, _ height: Double) -> Box {
        centred(
            (width / 2).rounded(.toNearestOrEven) * 2, (height / 2).rounded(.toNearestOrEven) * 2)
    }

    /// Corners are rounded, ties to even.
    private static func legacy(_ width: Double, _ height: Double, center: Double) -> Box {
        func corner(_ extent: Double, _ sign: Double) -> Float {
            Float((center + sign * (extent - 1) / 2).rounded(.toNearestOrEven))
        }
        return Box(corner(width, -1), corner(height, -1), corner(width, 1), corner(height, 1))
    }
}
