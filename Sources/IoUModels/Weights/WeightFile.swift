public import IoUGraph

/// A file of weights under canonical names, whatever names it has.
public struct WeightFile: Sendable {
    /// Whose names it has.
    public let naming: WeightNaming
    /// What it says of its detector.
    public let facts: WeightFacts
    let file: any TensorFile
    /// Names in the file by their names without the prefix of a parallel training.
    private let stored: [String: String]
    private let root: String

    /// Opens a PyTorch checkpoint, a pickle of NumPy arrays, or a safetensors file, which its first
    /// bytes tell, whatever its name is.
    ///
    /// Throws `.inputOutput`, `.malformed`, `.unsupported`, `.limit`, or `.mismatch` where two names
    /// are one.
    public init(path: String) throws(GraphError) {
        let file = Blob(try MappedFile(path: path))
        let isPickled = [".pth", ".pt", ".pkl"].contains { path.hasSuffix($0) }
        if !SafetensorsFile.begins(file), isPickled || CheckpointFile.begins(file) {
            try self.init(CheckpointFile(file, path: path))
        } else {
            try self.init(SafetensorsFile(file, path: path))
        }
    }

    init(_ file: any TensorFile) throws(GraphError) {
        var stored: [String: String] = [:]
        for name in file.names {
            let short = name.hasPrefix("module.") ? String(name.dropFirst(7)) : name
            guard stored.updateValue(name, forKey: short) == nil else {
                throw GraphError(.mismatch, "'\(file.path)' has '\(short)' twice")
            }
        }
        self.file = file
        facts = try WeightFacts(file.notes, path: file.path)
        self.stored = stored
        naming = WeightNaming(stored.keys.sorted())
        root = Self.root(stored.keys)
    }

    /// `backbones.ResNet50FPN` of ODTK's names.
    private static func root(_ names: some Sequence<String>) -> String {
        let name = names.first { $0.hasPrefix("backbones.") } ?? ""
        return name.split(separator: ".").prefix(2).joined(separator: ".")
    }

    /// For messages.
    public var path: String { file.path }

    /// Its own names, in rising order.
    var names: [String] { file.names }

    /// How the file names, or would name, a tensor.
    func likelyName(of canonical: String) -> String {
        name(of: canonical).flatMap { stored[$0] }
            ?? (naming == .mmdetection
                ? nil : CanonicalName(canonical).names(naming, root: root).first)
            ?? canonical
    }

    /// The file's name, without prefix, of a canonical name; nil when it has none.
    func name(of canonical: String) -> String? {
        let others = CanonicalName(canonical).names(naming, root: root)
        return ([canonical] + others).first { stored[$0] != nil }
    }

    /// The shape of a tensor by its canonical name; nil when there is none.
    func shape(_ canonical: String) -> [Int]? {
        name(of: canonical).flatMap { stored[$0] }.flatMap { file.shape($0) }
    }

    /// A parameter's values. Throws `.mismatch` when there is none, `.unsupported` for types other
    /// than floats.
    func tensor(_ parameter: Parameter) throws(GraphError) -> TensorLiteral {
        guard let name = name(of: parameter.name).flatMap({ stored[$0] }) else {
            if let statistic = neutral(parameter) { return statistic }
            throw GraphError(.mismatch, "'\(path)' has no tensor '\(parameter.name)'")
        }
        var tensor = try file.float32(name)
        tensor.name = parameter.name
        tensor.dimensions = parameter.shape.map { Int64($0) }
        return tensor
    }

    /// Detectron2's files of frozen batch normalizations may leave out neutral statistics.
    func neutral(_ parameter: Parameter) -> TensorLiteral? {
        guard naming == .detectron2 else { return nil }
        let isMean = parameter.name.hasSuffix(".running_mean")
        guard isMean || parameter.name.hasSuffix(".running_var") else { return nil }
        return TensorLiteral(
            parameter.name, floats: Array(repeating: isMean ? 0 : 1, count: parameter.count),
            dimensions: parameter.shape.map { Int64($0) })
    }

    /// Names that no parameter has and that mean something. Counters of training steps are in many
    /// files and mean nothing here.
    func names(besides parameters: [Parameter]) -> [String] {
        let used = Set(parameters.compactMap { name(of: $0.name) })
        return stored.keys.sorted().filter {
            !used.contains($0) && !$0.hasSuffix(".num_batches_tracked") && !naming.ignores($0)
        }.compactMap { stored[$0] }
    }
}

extension WeightFile {
    /// What the names and shapes say of the network goes into the configuration.
    public func describe(_ configuration: inout DetectorConfiguration) {
        if let convention = naming.convention { configuration.anchorOrder = convention.anchorOrder }
        if let p6 = shape("neck.fpn_convs.3.conv.weight"),
            let p5 = shape("neck.lateral_convs.2.conv.weight"), p6.count == 4, p5.count == 4,
            p5[0] != p5[1]
        {
            if p6[1] == p5[0] { configuration.network.p6 = .p5 }
            if p6[1] == p5[1] { configuration.network.p6 = .c5 }
        }
        let hasNorm = name(of: "bbox_head.cls_convs.0.gn.weight") != nil
        configuration.network.towerNorm = hasNorm ? .groupNorm : .none
        facts.apply(to: &configuration)
    }
}
