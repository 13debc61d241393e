import IoURuntime

/// `--classes`: detections of other classes are left out.
struct ClassFilter: Sendable {
    private let wanted: Set<Int>

    /// The most of a picture that are kept.
    private let most: Int

    /// - Throws: `invalidArgument` where the model has no class of a name, with those that it has.
    init?(_ names: [String], most: Int?, of info: DetectorInfo) throws(IoUError) {
        guard !names.isEmpty else { return nil }
        var wanted: Set<Int> = []
        for name in names {
            let found = info.labels.indices.filter { info.labels[$0] == name }
            guard !found.isEmpty else {
                let known = info.labels.prefix(20).joined(separator: ", ")
                let rest = info.labels.count > 20 ? ", … (\(info.labels.count))" : ""
                throw IoUError(
                    .invalidArgument,
                    "--classes: expected classes of the model (\(known)\(rest)), found '\(name)'")
            }
            wanted.formUnion(found)
        }
        self.wanted = wanted
        self.most = most ?? info.maximumDetections
    }

    /// Detections that others would crowd out are found too.
    fileprivate func options(_ options: DetectOptions) -> DetectOptions {
        var all = options
        all.maximumDetections = 1_000_000
        return all
    }

    fileprivate func filter(_ detections: Detections) -> Detections {
        detections.filtered(most: most) { wanted.contains($0.classIndex) }
    }
}

extension Detector {
    /// What is in a picture, of the classes that `filter` keeps.
    mutating func detect(
        in image: Image, options: DetectOptions, keeping filter: ClassFilter?
    ) throws(IoUError) -> Detections {
        guard let filter else { return try detect(in: image, options: options) }
        return filter.filter(try detect(in: image, options: filter.options(options)))
    }
}
