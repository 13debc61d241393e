internal import IoURuntime

/// Which of a YOLO data set's pictures are looked at.
package enum YOLOSplit: String, CaseIterable, Sendable {
    case train, val, test
}

/// A `data.yaml` in the form of YOLO's trainers: the names of the classes, and where the pictures
/// of each split are.
struct YOLODataSet {
    let path: FilePath
    let names: [String]

    /// How many numbers of keypoints follow each box; `nil` where the labels have none.
    let keypointNumbers: Int?

    private let root: YAMLNode

    /// - Throws: `badData` where the file is not of this form; `inputOutput`.
    init(_ path: FilePath) throws(IoUError) {
        self.path = path
        root = try YAMLReader.read(path)
        guard case .map = root else {
            throw IoUError(
                .badData,
                "'\(path)': expected YOLO's form, 'names:' and 'val:', found \(root.kind)")
        }
        names = try Self.names(root, path)
        keypointNumbers = try Self.keypointNumbers(root, path)
        if let base = root["path"], base.text == nil || base.text?.contains("\0") == true {
            throw IoUError(.badData, "'\(path)': path: expected a folder, found \(base.kind)")
        }
    }

    // MARK: Classes

    private static let mostClasses = 100_000

    private static func names(_ root: YAMLNode, _ path: FilePath) throws(IoUError) -> [String] {
        let count = root["nc"]
        if let count, count.wholeNumber.map({ (1...mostClasses).contains($0) }) != true {
            throw IoUError(
                .badData,
                "'\(path)': nc: expected 1 to \(mostClasses) classes, found \(count.kind)")
        }
        let names: [String]
        switch root["names"] {
        case .list(let items)?: names = try listed(items, path)
        case .map(let pairs)?: names = try mapped(pairs, path)
        case nil:
            guard let count = count?.wholeNumber else {
                throw IoUError(
                    .badData, "'\(path)': expected 'names:' of the classes, found none")
            }
            names = (0..<count).map { "class_\($0)" }
        case let other?:
            throw IoUError(
                .badData,
                "'\(path)': names: expected a list or a map of names, found \(other.kind)")
        }
        guard (1...mostClasses).contains(names.count) else {
            throw IoUError(
                .badData,
                "'\(path)': names: expected 1 to \(mostClasses) names, found \(names.count)")
        }
        if let count = count?.wholeNumber, count != names.count {
            throw IoUError(
                .badData, "'\(path)': nc: expected \(names.count), as it has names, found \(count)")
        }
        return names
    }

    private static func listed(_ items: [YAMLNode], _ path: FilePath) throws(IoUError) -> [String] {
        var names: [String] = []
        for (index, item) in items.enumerated() { names.append(try name(item, index, path)) }
        return names
    }

    /// The keys are the numbers of the classes.
    private static func mapped(
        _ pairs: [(key: YAMLNode, value: YAMLNode)], _ path: FilePath
    ) throws(IoUError) -> [String] {
        var names = [String?](repeating: nil, count: pairs.count)
        for (key, value) in pairs {
            guard let index = key.text.flatMap({ Int($0) }), names.indices.contains(index) else {
                throw IoUError(
                    .badData,
                    "'\(path)': names: expected the numbers 0 to \(pairs.count - 1) as keys, found "
                        + key.kind)
            }
            guard names[index] == nil else {
                throw IoUError(
                    .badData, "'\(path)': names: expected one name of class \(index), found two")
            }
            names[index] = try name(value, index, path)
        }
        return names.compactMap(\.self)
    }

    private static func name(
        _ node: YAMLNode, _ index: Int, _ path: FilePath
    ) throws(IoUError) -> String {
        guard let text = node.text, !text.isEmpty, text.utf8.count <= 1000, !text.contains("\0")
        else {
            throw IoUError(
                .badData,
                "'\(path)': names: expected a name of at most 1000 bytes for class \(index), found "
                    + node.kind)
        }
        return text
    }

    // MARK: Keypoints

    private static func keypointNumbers(
        _ root: YAMLNode, _ path: FilePath
    ) throws(IoUError) -> Int? {
        guard let shape = root["kpt_shape"], !shape.isNull else { return nil }
        guard case .list(let items) = shape, items.count == 2,
            let count = items[0].wholeNumber, (1...10_000).contains(count),
            let each = items[1].wholeNumber, (2...3).contains(each)
        else {
            throw IoUError(
                .badData,
                "'\(path)': kpt_shape: expected the number of keypoints and 2 or 3, found "
                    + "\(shape.kind)")
        }
        return count * each
    }

    // MARK: Places

    /// The folders and lists of a split, all of them there.
    ///
    /// - Throws: `badData` where the file has no such split; `inputOutput` where it points nowhere.
    func places(of split: YOLOSplit) throws(IoUError) -> [FilePath] {
        var texts: [String] = []
        switch root[split.rawValue] {
        case .list(let items)?:
            for item in items {
                guard let text = item.text, !item.isNull else {
                    throw fault(split, "expected folders or lists of pictures, found \(item.kind)")
                }
                texts.append(text)
            }
        case .scalar(let text, _)? where root[split.rawValue]?.isNull == false: texts = [text]
        case .map?: throw fault(split, "expected a folder or a list of pictures, found a map")
        default: break
        }
        guard !texts.isEmpty else {
            let others = YOLOSplit.allCases.filter { root[$0.rawValue].map { !$0.isNull } ?? false }
            let hint =
                others.isEmpty
                ? "add it, or give the pictures' folder by --images"
                : "choose \(others.map { "--split \($0.rawValue)" }.joined(separator: " or "))"
            throw fault(split, "expected pictures of the split, found none: \(hint)")
        }
        var places: [FilePath] = []
        guard !texts.contains(where: { $0.contains("\0") }) else {
            throw fault(split, "expected a path, found one with U+0000")
        }
        for text in texts { places.append(try place(text, split)) }
        return places
    }

    /// A path is below 'path:', which is below the file's folder, or below that folder itself. Tools
    /// that export data sets write "../" in front of folders that are beside the file.
    private func place(_ text: String, _ split: YOLOSplit) throws(IoUError) -> FilePath {
        let folder = path.parent
        let base = root["path"].flatMap { $0.isNull ? nil : $0.text }
        let roots = [base.map { FilePath($0).below(folder) }, folder].compactMap(\.self)
        let short = text.hasPrefix("../") ? [String(text.dropFirst(3))] : []
        for text in [text] + short {
            for root in roots {
                let place = FilePath(text).below(root)
                if place.status != nil { return place }
            }
        }
        let looked = roots.map { "'\(FilePath(text).below($0))'" }.joined(separator: " and ")
        throw IoUError(
            .inputOutput,
            "'\(path)': \(split.rawValue): expected pictures in \(looked), found neither file nor "
                + "folder: correct 'path:' in the file, or give the pictures' folder by --images")
    }

    private func fault(_ split: YOLOSplit, _ text: String) -> IoUError {
        IoUError(.badData, "'\(path)': \(split.rawValue): \(text)")
    }
}

extension FilePath {
    /// Itself where it is written from the root, else in `folder`.
    func below(_ folder: FilePath) -> FilePath {
        bytes.first == UInt8(ascii: "/") ? self : folder.appending(self)
    }
}
