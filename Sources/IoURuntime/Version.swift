internal import CIoU

/// The library's version, "major.minor.patch".
public var iouVersion: String { String(cString: iou_version()) }

/// What the library was built with.
package enum BuildPart: String {
    /// Whose threads sessions run on.
    case threads
    /// What multiplies matrices where there are no kernels for the processor.
    case blas

    /// In a word or two, such as "OpenMP".
    package var value: String { String(cString: iou_build_part(rawValue)) }
}
