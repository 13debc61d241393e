import ArgumentParser
import IoUCompiler
import IoUConsole
import IoUGraph
import IoUModels

/// `iouc export`: a detector as an ONNX file.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Builds an IoU-aware RetinaNet and writes it as an ONNX model.",
        discussion: """
            A safetensors file of 'train export' says its backbone, channels, labels, alpha, sides \
            and conventions itself: --weights is all that it needs, and an option that contradicts \
            it is refused.
            """)

    @Argument(help: "The file to write.")
    var output: String

    @Option(
        help:
            "The backbone network. (default: that of the weights, else resnet50)"
    )
    var backbone: Backbone?

    @Option(help: "Number of classes. Without labels they are COCO's 80 or numbered.")
    var classes: Int?

    @Option(help: "A file with the names of the classes, one a line.")
    var labels: String?

    @Option(help: "Fixed input size in pixels, such as 480x640; else any size.")
    var input: InputSize?

    @Option(
        help: """
            Weights, a .safetensors, .pth or .pkl file with the names of MMDetection, torchvision, \
            Detectron2 or ODTK; else random ones.
            """)
    var weights: String?

    @Option(help: "Seed of the random weights.")
    var seed: UInt64 = 0

    @Option(
        help: """
            Exponent of the class probability in the score, 0 to 1. (default: what the weights say, \
            else 0.5)
            """)
    var alpha: Float?

    @Option(
        help: """
            Channels of the feature pyramid. (default: what the weights say, else 128 for mobilenetv2 \
            and 256 for others)
            """)
    var fpnChannels: Int?

    @Flag(name: .customLong("no-iou-head"), help: "A plain RetinaNet.")
    var noIoUHead = false

    @Option(help: "What the graph does after the network.")
    var postprocess: Postprocess = .none

    @Flag(help: "Run the compiler's passes.")
    var optimize = false

    @Flag(
        help:
            "Write the weights into a file of their own beside the model: OUTPUT.data, or OUTPUT.1.data and so on where that is taken."
    )
    var externalData = false

    @Option(
        help: """
            Whose conventions the weights follow: anchors, boxes, selection, pictures. \
            (default: what the weights or their names say, else edges)
            """)
    var convention: Convention?

    @OptionGroup(title: "Network (defaults: the convention's)")
    var network: NetworkArguments

    @Option(
        help: """
            Pictures' short side is resized to this, in pixels. (default: what the weights say, \
            else 800)
            """)
    var shortSide: Int?

    @Option(help: "Their long side is at most this. (default: what the weights say, else 1333)")
    var longSide: Int?

    @Option(help: "A note on the training, such as data=COCO; may be repeated.")
    var training: [TrainingNote] = []

    func validate() throws {
        try (1...100_000).check(classes, of: "--classes")
        try (1...65_536).check(fpnChannels, of: "--fpn-channels")
        try (1...65_536).check(shortSide, of: "--short-side")
        try ((shortSide ?? 1)...65_536).check(longSide, of: "--long-side")
        try (0...1).check(alpha, of: "--alpha")
    }

    func run() throws {
        let file = try weights.map { path throws(GraphError) in try WeightFile(path: path) }
        let configuration = try detectorConfiguration(file)
        Progress.show("building \(configuration.backbone.rawValue)")
        let detector = try Detector(configuration)
        var model = try model(detector, file)
        file.map { report($0, configuration) }
        if optimize { model = try Compiler().optimize(model).model }
        Progress.show("writing \(output)")
        try model.write(to: output, externalData: externalData ? .always() : .whenNeeded)
        Progress.clear()
    }
}

extension Export {
    /// The convention, then what the weights tell, then what the user says.
    private func detectorConfiguration(
        _ file: WeightFile?
    ) throws(GraphError) -> DetectorConfiguration {
        let agreement = file.map { WeightAgreement(path: $0.path, facts: $0.facts) }
        try agreement?.check(self)
        let facts = file?.facts
        var configuration = DetectorConfiguration(
            backbone: backbone ?? facts?.backbone ?? .resnet50,
            labels: try detectorLabels(agreement),
            convention: convention ?? facts?.convention ?? file?.naming.convention ?? .edges)
        configuration.inputSize = input
        configuration.postprocess = postprocess
        file?.describe(&configuration)
        try apply(to: &configuration)
        return configuration
    }

    /// What the user says goes over what is known else.
    private func apply(to configuration: inout DetectorConfiguration) throws(GraphError) {
        func set<T>(_ path: WritableKeyPath<DetectorConfiguration, T>, _ value: T?) {
            if let value { configuration[keyPath: path] = value }
        }
        set(\.pyramidChannels, fpnChannels)
        set(\.shortSide, shortSide)
        set(\.longSide, longSide)
        set(\.alpha, alpha)
        if noIoUHead { configuration.hasIoUHead = false }
        let known = Set(configuration.trainingNotes.map(\.key))
        configuration.trainingNotes += training.filter { !known.contains($0.key) }
            .map { ($0.key, $0.text) }
        network.apply(to: &configuration)
        guard configuration.shortSide <= configuration.longSide else {
            throw GraphError(
                .mismatch,
                "the short side, \(configuration.shortSide), is above the long one, "
                    + "\(configuration.longSide): --short-side and --long-side go together")
        }
    }

    /// Says what was taken from names and shapes, where it is not the plain case.
    private func report(_ file: WeightFile, _ configuration: DetectorConfiguration) {
        let network = configuration.network
        if !file.facts.isEmpty {
            let count = configuration.labels.names.count
            Failure.note(
                """
                the weights say: \(configuration.backbone.rawValue), \
                \(configuration.pyramidChannels) channels, \(count) \(count == 1 ? "class" : "classes"), \
                \(configuration.hasIoUHead ? "alpha \(configuration.alpha)" : "no IoU head"), \
                sides \(configuration.shortSide) and \(configuration.longSide), \
                convention \(configuration.convention.rawValue)
                """, by: "iouc")
        }
        guard file.naming != .mmdetection else {
            if convention == nil, file.facts.isEmpty, !configuration.hasIoUHead {
                Failure.note(
                    """
                    weights have MMDetection's names, which do not tell its version: convention \
                    \(configuration.convention.rawValue); plain RetinaNets of MMDetection 2 and 3 \
                    need --convention mmdetection, those of MMDetection 1 legacy
                    """, by: "iouc")
            }
            return
        }
        Failure.note(
            """
            weights have \(file.naming.rawValue)'s names: \
            convention \(configuration.convention.rawValue), P6 from \(network.p6.rawValue), \
            ReLU before P7 \(network.hasReluBeforeP7 ? "yes" : "no"), \
            batch normalization epsilon \(network.normEpsilon), \
            tower norm \(network.towerNorm.rawValue)
            """, by: "iouc")
    }

    private func detectorLabels(_ agreement: WeightAgreement?) throws(GraphError) -> Labels {
        guard let labels else {
            return agreement?.facts.labels ?? .numbered(classes ?? 80)
        }
        let read = try Labels(path: labels)
        try agreement?.check(read, of: labels)
        if let classes, classes != read.names.count {
            throw GraphError(
                .mismatch, "'\(labels)' has \(read.names.count) labels, --classes is \(classes)")
        }
        return read
    }

    private func model(
        _ detector: Detector, _ file: WeightFile?
    ) throws(GraphError) -> Model {
        guard let file else { return try detector.model(SeededWeights(seed: seed)) }
        return try detector.model(file)
    }
}
