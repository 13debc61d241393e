internal import CIoU

/// The order of the bytes of a pixel, 8 bits each. Alpha does not count; gray is the same red,
/// green and blue.
public enum PixelFormat: Hashable, Sendable, CaseIterable {
    case rgb, bgr, rgba, bgra, gray

    /// Bytes of one pixel.
    public var size: Int {
        switch self {
        case .gray: 1
        case .rgb, .bgr: 3
        case .rgba, .bgra: 4
        }
    }

    var c: iou_pixel_format {
        switch self {
        case .rgb: IOU_PIXELS_RGB
        case .bgr: IOU_PIXELS_BGR
        case .rgba: IOU_PIXELS_RGBA
        case .bgra: IOU_PIXELS_BGRA
        case .gray: IOU_PIXELS_GRAY
        }
    }

    /// Where in a pixel its colours are.
    var order: (red: Int, green: Int, blue: Int) {
        switch self {
        case .rgb, .rgba: (0, 1, 2)
        case .bgr, .bgra: (2, 1, 0)
        case .gray: (0, 0, 0)
        }
    }
}
