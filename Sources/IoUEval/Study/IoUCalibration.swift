/// Whether predicted IoUs are what is measured: in bins of the predicted IoU, the mean of either.
package struct IoUCalibration: Sendable {
    /// Ten, of equal width from 0 to 1.
    package let bins: [Bin]

    package struct Bin: Sendable {
        package let count: Int
        /// The means; 0 in an empty bin.
        package let predicted: Double
        package let measured: Double
    }

    /// - Parameter pairs: The predicted IoU, 0 … 1, and the measured one.
    package init(_ pairs: [(predicted: Double, measured: Double)]) {
        let count = 10
        var sums = [(count: Int, predicted: Double, measured: Double)](
            repeating: (0, 0, 0), count: count)
        for pair in pairs {
            let bin = min(count - 1, max(0, Int(pair.predicted * Double(count))))
            sums[bin].count += 1
            sums[bin].predicted += pair.predicted
            sums[bin].measured += pair.measured
        }
        bins = sums.map { sum in
            let count = Double(max(1, sum.count))
            return Bin(
                count: sum.count, predicted: sum.predicted / count, measured: sum.measured / count)
        }
    }

    package var count: Int { bins.reduce(0) { $0 + $1.count } }

    /// The mean over all detections of the difference of their bin's means; `nil` without any.
    package var expectedError: Double? {
        let sum = bins.reduce(0) { $0 + Double($1.count) * abs($1.predicted - $1.measured) }
        return count > 0 ? sum / Double(count) : nil
    }
}

extension GroundTruth {
    /// The greatest IoU of each detection with an object of its picture, of any category; 0 where
    /// there is none. Crowds are left out.
    package func greatestIoUs(of found: [FoundObject]) -> [Double] {
        var boxes = [[BoundingBox]](repeating: [], count: pictures.count)
        for object in objects where !object.isCrowd { boxes[object.picture].append(object.box) }
        return found.map { one in boxes[one.picture].reduce(0) { max($0, one.box.iou(with: $1)) } }
    }
}
