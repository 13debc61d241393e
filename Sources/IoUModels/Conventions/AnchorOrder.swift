/// The order of a cell's nine anchors: which of the loops over ratios (height / width) and sizes is
/// the outer one.
public enum AnchorOrder: Hashable, Sendable {
    /// MMDetection and torchvision: ratios 0.5, 1, 2, each with its three sizes.
    case ratioOuter
    /// Detectron2: three sizes, each with the ratios 0.5, 1, 2.
    case sizeOuter
    /// ODTK: three sizes, each with the ratios 1, 2, 0.5.
    case sizeOuterWideLast

    /// Ratio and size of every anchor, by number.
    var pairs: [(ratio: Int, size: Int)] {
        let numbers = [0, 1, 2]
        switch self {
        case .ratioOuter: return numbers.flatMap { ratio in numbers.map { (ratio, $0) } }
        case .sizeOuter: return numbers.flatMap { size in numbers.map { ($0, size) } }
        case .sizeOuterWideLast: return numbers.flatMap { size in [1, 2, 0].map { ($0, size) } }
        }
    }
}
