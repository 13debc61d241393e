/// What a model's detector metadata says, read and checked; `docs/metadata.md` defines it.
public struct DetectorInfo: Hashable, Sendable {
    /// What the network's outputs are.
    public enum Outputs: Hashable, Sendable {
        /// Maps of every level of the pyramid. `strides` is `nil` where they follow from the sides
        /// of the padded input and of the maps.
        case maps(levels: Int, anchorsPerCell: Int, strides: [Float]?)
        /// The detections themselves: the graph decodes and suppresses.
        case detections
        /// Boxes that are decoded already, a row each, suppressed in the graph or not.
        case rows
    }

    /// What the corners of a box are.
    public enum BoxConvention: Hashable, Sendable {
        /// Edges of pixels: a box is as wide as x2 - x1.
        case edges
        /// Its first and last pixels: a box is a pixel wider.
        case inclusive
    }

    public let outputs: Outputs

    /// Whether the network predicts the IoU, or what takes its place, such as centerness.
    public let predictsIoU: Bool

    public let predictsObjectness: Bool
    public let boxes: BoxConvention

    /// The names of the classes; a class is an index into them.
    public let labels: [String]

    /// The category number of every class in COCO's files.
    public let categoryIDs: [Int]

    /// The exponent of the class probability in the score; 1 where no IoU is predicted.
    public let alpha: Float

    /// `nil`: a constant of a graph that reports detections.
    public let scoreThreshold: Float?

    /// `nil`: a constant of a graph that reports detections, or nothing is left to suppress.
    public let nmsThreshold: Float?

    /// The most detections of a picture.
    public let maximumDetections: Int

    public let input: Input

    /// What the outputs hold beside boxes and no detection has, such as masks; `nil`: nothing.
    public let notReported: String?

    /// Whether the outputs are maps.
    public var hasMaps: Bool { if case .maps = outputs { true } else { false } }

    /// Whether the outputs of a run can be scored again.
    public var canRescore: Bool { outputs != .detections }
}

extension DetectorInfo {
    /// How a picture becomes the network's input.
    public struct Input: Hashable, Sendable {
        public enum Layout: Hashable, Sendable {
            /// N × 3 × H × W.
            case planar
            /// N × H × W × 3.
            case interleaved
        }

        public enum ChannelOrder: Hashable, Sendable { case rgb, bgr }

        /// The size that a picture gets before it is padded; all but stretching keep its ratio.
        public enum Resize: Hashable, Sendable {
            /// Times the smaller of short / shorter side and long / longer side.
            case shortLong(Int, Int)
            /// The shorter side becomes the first number, then the longer at most the second.
            case shortThenLong(Int, Int)
            /// As large as fits.
            case fit(height: Int, width: Int)
            /// To these sides.
            case stretch(height: Int, width: Int)
            case none
        }

        /// What the resized picture is padded to.
        public enum Padding: Hashable, Sendable {
            /// The next multiple on each side.
            case multiple(Int)
            /// The size that ``Resize/fit(height:width:)`` or
            /// ``Resize/stretch(height:width:)`` names.
            case exact
        }

        /// The name of the model's input.
        public let name: String

        public let layout: Layout
        public let channels: ChannelOrder

        /// What a pixel of 255 becomes before ``mean`` and ``standardDeviation``: 255 or 1.
        public let range: Float

        /// Subtracted from each channel, in the order of ``channels``.
        public let mean: [Float]

        /// What each channel is divided by then.
        public let standardDeviation: [Float]

        public let resize: Resize

        /// Whether a side that shrinks is smoothed.
        public let isAntialiased: Bool

        /// Whether resized values are rounded as those of 8-bit pictures are.
        public let roundsToBytes: Bool

        public let padding: Padding
        public let paddingValue: Float

        /// Whether the picture is in the middle of its padding, else in the upper left corner.
        public let isCentred: Bool

        /// Whether ``paddingValue`` is in units of ``range`` and normalised as pixels are.
        public let paddingIsPixel: Bool
    }
}
