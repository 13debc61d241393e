import IoURuntime

/// A folder with a model, and data sets of inputs and of the outputs that they must give.
struct ConformanceCase {
    let folder: FilePath

    init(_ folder: FilePath) {
        self.folder = folder
    }

    var model: FilePath { folder.appending("model.onnx") }

    /// Whether the folder is a case.
    var isThere: Bool { model.status?.kind == .file }

    /// In the order of their names.
    ///
    /// - Throws: `inputOutput`; `badData` where there is none.
    func dataSets() throws(IoUError) -> [DataSet] {
        let names = try folder.visibleNames().filter { name in
            name.description.hasPrefix("test_data_set_")
                && folder.appending(name).status?.kind == .folder
        }
        guard !names.isEmpty else {
            throw IoUError(.badData, "expected a folder test_data_set_0, found none")
        }
        return try names.map { (name) throws(IoUError) in try DataSet(folder, name) }
    }

    /// What one run takes and gives.
    struct DataSet {
        /// The folder's name, which errors begin with.
        let name: FilePath
        let inputs: [FilePath]
        let outputs: [FilePath]

        fileprivate init(_ parent: FilePath, _ name: FilePath) throws(IoUError) {
            let folder = parent.appending(name)
            let names = try folder.visibleNames().map(\.description)
            self.name = name
            inputs = Self.files("input", in: names).map(folder.appending)
            outputs = Self.files("output", in: names).map(folder.appending)
        }

        /// Files are numbered from 0, so that their count tells their names.
        private static func files(_ kind: String, in names: [String]) -> [String] {
            let count = names.count { $0.hasPrefix("\(kind)_") && $0.hasSuffix(".pb") }
            return (0..<count).map { "\(kind)_\($0).pb" }
        }
    }
}
