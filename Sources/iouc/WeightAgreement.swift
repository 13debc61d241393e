import IoUConsole
import IoUGraph
import IoUModels

/// Refuses options that contradict what a file of weights says of its detector.
struct WeightAgreement {
    let path: String
    let facts: WeightFacts

    func check(_ export: Export) throws(GraphError) {
        let network = export.network
        try check(
            "network.backbone", facts.backbone?.rawValue, "--backbone", export.backbone?.rawValue)
        try check(
            "network.fpn_channels", facts.pyramidChannels, "--fpn-channels", export.fpnChannels)
        try check("alpha", facts.alpha, "--alpha", export.alpha)
        try check("input.resize short side", facts.shortSide, "--short-side", export.shortSide)
        try check("input.resize long side", facts.longSide, "--long-side", export.longSide)
        try check(
            "convention", facts.convention?.rawValue, "--convention", export.convention?.rawValue)
        try check("network.p6", facts.p6?.rawValue, "--p6", network.p6?.rawValue)
        try check("network.bn_eps", facts.normEpsilon, "--bn-eps", network.normEpsilon)
        try check(
            "network.tower_norm", facts.towerNorm?.rawValue, "--tower-norm",
            network.towerNorm?.rawValue)
        try check(
            "network.bottleneck_stride", facts.bottleneckStride?.rawValue, "--bottleneck-stride",
            network.bottleneckStride?.rawValue)
        try check(
            "network.relu_before_p7", facts.hasReluBeforeP7.map(Self.answer), "--relu-before-p7",
            network.reluBeforeP7.map(Self.answer))
        try check(
            "network.iou_head", facts.hasIoUHead.map(Self.answer), "--no-iou-head",
            export.noIoUHead ? "no" : nil)
        try check("the number of labels", facts.labels?.names.count, "--classes", export.classes)
        for note in export.training {
            let stated = facts.trainingNotes.first { $0.key == note.key }?.text
            try check("training.\(note.key)", stated, "--training \(note.key)", note.text)
        }
    }

    /// The labels of a file of labels against those of the weights.
    func check(_ labels: Labels, of labelsPath: String) throws(GraphError) {
        guard let stated = facts.labels?.names, stated != labels.names else { return }
        let given = labels.names
        let counts = "has \(stated.count) labels, '\(labelsPath)' has \(given.count)"
        let place = zip(stated, given).enumerated().first { $0.element.0 != $0.element.1 }
        let difference = place.map { index, names in
            "has '\(names.0)' as label \(index + 1), '\(labelsPath)' has '\(names.1)'"
        }
        let text = stated.count == given.count ? difference ?? counts : counts
        throw GraphError(.mismatch, "'\(path)' \(text)".oneLine)
    }

    private func check<T: Equatable>(
        _ key: String, _ stated: T?, _ option: String, _ given: T?
    ) throws(GraphError) {
        guard let stated, let given, stated != given else { return }
        let name = key.hasPrefix("the ") ? key : "iou.\(key)"
        throw GraphError(.mismatch, "'\(path)' says \(name) \(stated), \(option) says \(given)")
    }

    private static func answer(_ value: Bool) -> String { value ? "yes" : "no" }
}
