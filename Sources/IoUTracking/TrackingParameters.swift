/// The numbers of ByteTrack, by the names of its paper (arXiv 2110.06864, algorithm 1 and section 4)
/// or of its authors' code (github.com/ifzhang/ByteTrack, yolox/tracker/byte_tracker.py).
package struct TrackingParameters: Hashable, Sendable {
    /// τ: objects with this score or more are matched first, and are what a track begins with.
    package var detectionThreshold: Double

    /// The least score of an object that continues a track: 0.1 in the code.
    package var lowThreshold: Double

    /// ε: the least score of an object that begins a track, τ + 0.1.
    package var trackThreshold: Double

    /// The least overlap of a match: 0.2 in the paper (section 4.1).
    package var firstOverlap = 0.2

    /// The same in the second association, of objects below τ: 0.5 in the code.
    package var secondOverlap = 0.5

    /// The same of tracks that were seen once: 0.3 in the code.
    package var unconfirmedOverlap = 0.3

    /// A lost track beside one that is seen is the same object from this overlap on: 0.85 in the code.
    package var duplicateOverlap = 0.85

    /// For how many frames a lost track is remembered: 30.
    package var trackBuffer = 30

    package init(detectionThreshold: Double = 0.6) {
        self.detectionThreshold = detectionThreshold
        lowThreshold = min(0.1, detectionThreshold)
        trackThreshold = min(detectionThreshold + 0.1, 1)
    }
}
