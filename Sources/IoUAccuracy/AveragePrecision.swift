package import IoUEval
package import IoURuntime

extension AnnotatedPictures {
    /// COCO's scores of a detector on the pictures, with the settings of its own.
    ///
    /// - Parameter work: What is done, for a line of progress.
    package func scores(
        of detector: inout Detector, work: String
    ) throws(IoUError) -> CocoScores {
        let match = try DetectionMatch(detector.info, truth)
        var found: [FoundObject] = []
        try forEach(work) { (position, image) throws(IoUError) in
            let detections = try detector.detect(in: image, from: files[position])
            found += detections.compactMap { match.object($0, in: position) }
        }
        return CocoScores(found, for: truth)
    }
}
