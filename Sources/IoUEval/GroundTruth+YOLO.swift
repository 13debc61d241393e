package import IoURuntime

extension GroundTruth {
    /// Reads a data set in YOLO's form: a `data.yaml`, pictures, and a text file with the labels of
    /// each picture. Every picture is read, since boxes are parts of its sides.
    ///
    /// Pictures are numbered from 1 in their order, classes from 1 in the order of their names. A
    /// picture without a file of labels has no objects.
    ///
    /// - Parameters:
    ///   - split: Whose pictures; not looked at with a folder.
    ///   - folder: Pictures in place of a split's.
    ///   - watch: Told of how many pictures how many are read.
    /// - Throws: `badData` with the line that is wrong; `badImage`; `inputOutput`.
    package init(
        yolo path: FilePath, split: YOLOSplit, pictures folder: FilePath? = nil,
        watch: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws(IoUError) {
        let set = try YOLODataSet(path)
        let places = if let folder { [folder] } else { try set.places(of: split) }
        let listed = try YOLOPictures(places)
        let files = listed.files
        var reading = YOLOReading(set)
        for (index, file) in files.enumerated() {
            watch(index, files.count)
            try reading.append(file)
        }
        try reading.checkLabels()
        let categories = set.names.enumerated().map { Category(id: .number($0 + 1), name: $1) }
        self.init(
            source: path, pictures: reading.pictures, categories: categories,
            objects: reading.objects,
            remarks: reading.remarks
                + GroundTruth.remarks(
                    on: reading.objects, in: reading.pictures, of: categories, source: path),
            otherFiles: listed.lists + reading.labels)
    }
}

/// The pictures of a data set and their labels, one after the other.
private struct YOLOReading {
    private(set) var pictures: [GroundTruth.Picture] = []
    private(set) var objects: [GroundTruth.Object] = []
    /// The files of labels that are there.
    private(set) var labels: [FilePath] = []

    private let set: YOLODataSet
    private var unlabelled: [FilePath] = []
    private var repeated = 0
    private var firstLabels: FilePath?

    init(_ set: YOLODataSet) {
        self.set = set
    }

    mutating func append(_ file: FilePath) throws(IoUError) {
        let image = try Image(path: file)
        let size = GroundTruth.Picture.Size(width: image.width, height: image.height)
        let picture = pictures.count
        pictures.append(
            GroundTruth.Picture(
                id: .number(picture + 1), fileName: file.lastComponent.description, file: file,
                size: size))
        let path = file.yoloLabels
        firstLabels = firstLabels ?? path
        guard path.status != nil else {
            unlabelled.append(file)
            return
        }
        labels.append(path)
        let read = try YOLOLabels(
            path, classes: set.names.count, keypointNumbers: set.keypointNumbers, size: size)
        repeated += read.repeated
        for object in read.objects {
            objects.append(
                GroundTruth.Object(
                    picture: picture, category: object.category, box: object.box,
                    area: object.box.area, isCrowd: false, isIgnored: false, id: objects.count + 1))
        }
    }

    func checkLabels() throws(IoUError) {
        guard let firstLabels, unlabelled.count == pictures.count else { return }
        throw IoUError(
            .inputOutput,
            "'\(set.path)': expected a file of labels for each picture, such as '\(firstLabels)', "
                + "found none for any of \(pictures.count)")
    }

    var remarks: [String] {
        var remarks: [String] = []
        if !unlabelled.isEmpty {
            let names = GroundTruth.listed(unlabelled.map { "'\($0.lastComponent)'" })
            remarks.append(
                "'\(set.path)': pictures without a file of labels (\(unlabelled.count) of "
                    + "\(pictures.count)) have no objects: \(names)")
        }
        if repeated > 0 {
            remarks.append("'\(set.path)': left out lines that repeat one before (\(repeated))")
        }
        return remarks
    }
}
