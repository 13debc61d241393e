internal import CIoU

/// The library's version, "major.minor.patch".
public var iouVersion: String { String(cString: iou_version()) }
