import IoUGraph

/// What a file of weights says of its detector, under keys of `docs/metadata.md` in the metadata of
/// a safetensors file. Nil: it says nothing of that.
public struct WeightFacts: Sendable {
    public private(set) var backbone: Backbone?
    public private(set) var pyramidChannels: Int?
    public private(set) var hasIoUHead: Bool?
    public private(set) var p6: NetworkOptions.P6Source?
    public private(set) var hasReluBeforeP7: Bool?
    public private(set) var normEpsilon: Float?
    public private(set) var towerNorm: NetworkOptions.TowerNorm?
    public private(set) var bottleneckStride: NetworkOptions.BottleneckStride?
    public private(set) var convention: Convention?
    public private(set) var labels: Labels?
    public private(set) var alpha: Float?
    public private(set) var shortSide: Int?
    public private(set) var longSide: Int?
    /// Keys below `iou.training.` with their texts, sorted.
    public private(set) var trainingNotes: [(key: String, text: String)] = []

    /// Of all notes of a file those whose keys begin with `iou.`. Throws `.malformed` for an unknown
    /// key or an ill-formed value, `.unsupported` for another version.
    init(_ notes: [String: String], path: String) throws(GraphError) {
        let own = notes.filter { $0.key.hasPrefix("iou.") }.sorted { $0.key < $1.key }
        guard !own.isEmpty else { return }
        guard notes["iou.version"] == "1" else {
            throw GraphError(
                .unsupported,
                "'\(path)': metadata key 'iou.version' is "
                    + "\(notes["iou.version"].map { "'\($0)'" } ?? "missing"), expected '1'")
        }
        for (key, text) in own {
            guard try take(String(key.dropFirst(4)), text) else {
                throw GraphError(
                    .malformed,
                    "'\(path)': metadata key '\(key)' is '\(text)', which is no value "
                        + "or key of a file of weights (docs/metadata.md)")
            }
        }
    }

    /// Whether the file says anything.
    public var isEmpty: Bool { backbone == nil && labels == nil && convention == nil }

    /// False for an unknown key or an ill-formed value.
    private mutating func take(_ key: String, _ text: String) throws(GraphError) -> Bool {
        func set<T>(_ path: WritableKeyPath<WeightFacts, T?>, _ value: T?) -> Bool {
            self[keyPath: path] = value
            return value != nil
        }
        switch key {
        case "version": return true
        case "network.backbone": return set(\.backbone, Backbone(rawValue: text))
        case "network.fpn_channels": return set(\.pyramidChannels, Self.whole(text))
        case "network.iou_head": return set(\.hasIoUHead, Self.answer(text))
        case "network.p6": return set(\.p6, .init(rawValue: text))
        case "network.relu_before_p7": return set(\.hasReluBeforeP7, Self.answer(text))
        case "network.bn_eps": return set(\.normEpsilon, Self.number(text))
        case "network.tower_norm": return set(\.towerNorm, .init(rawValue: text))
        case "network.bottleneck_stride": return set(\.bottleneckStride, .init(rawValue: text))
        case "convention": return set(\.convention, Convention(rawValue: text))
        case "alpha": return set(\.alpha, Self.number(text))
        case "input.resize": return takeSides(text)
        case "labels":
            labels = try Self.labels(text)
            return true
        default: return takeNote(key, text)
        }
    }

    /// `short-long S L`
    private mutating func takeSides(_ text: String) -> Bool {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 3, words[0] == "short-long", let short = Self.whole(words[1]),
            let long = Self.whole(words[2]), short <= long
        else { return false }
        (shortSide, longSide) = (short, long)
        return true
    }

    private mutating func takeNote(_ key: String, _ text: String) -> Bool {
        let prefix = "training."
        guard key.hasPrefix(prefix), key.count > prefix.count, !text.contains(where: \.isNewline)
        else { return false }
        trainingNotes.append((String(key.dropFirst(prefix.count)), text))
        return true
    }

    private static func labels(_ text: String) throws(GraphError) -> Labels {
        let names = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return names == Labels.coco.names ? .coco : try Labels(names)
    }

    private static func whole(_ text: String) -> Int? {
        Int(text).flatMap { (1...65_536).contains($0) ? $0 : nil }
    }

    private static func number(_ text: String) -> Float? {
        Float(text).flatMap { (0...1).contains($0) ? $0 : nil }
    }

    private static func answer(_ text: String) -> Bool? {
        ["yes": true, "no": false][text]
    }
}

extension WeightFacts {
    /// What is said of the network and of pictures goes into a configuration.
    func apply(to configuration: inout DetectorConfiguration) {
        func set<T>(_ path: WritableKeyPath<DetectorConfiguration, T>, _ value: T?) {
            if let value { configuration[keyPath: path] = value }
        }
        set(\.pyramidChannels, pyramidChannels)
        set(\.hasIoUHead, hasIoUHead)
        set(\.network.p6, p6)
        set(\.network.hasReluBeforeP7, hasReluBeforeP7)
        set(\.network.normEpsilon, normEpsilon)
        set(\.network.towerNorm, towerNorm)
        set(\.network.bottleneckStride, bottleneckStride)
        set(\.alpha, alpha)
        set(\.shortSide, shortSide)
        set(\.longSide, longSide)
        configuration.trainingNotes = trainingNotes
    }
}
