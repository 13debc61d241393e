/// COCO's sizes of objects, by the area of their annotation in square pixels; both ends belong to
/// a range, so an object of 32² pixels is small and medium.
package enum AreaRange: Int, CaseIterable, Sendable {
    case all, small, medium, large

    var bounds: ClosedRange<Double> {
        switch self {
        case .all: 0...1e10
        case .small: 0...1024
        case .medium: 1024...9216
        case .large: 9216...1e10
        }
    }
}
