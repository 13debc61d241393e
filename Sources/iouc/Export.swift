import ArgumentParser
import IoUCompiler
import IoUConsole
import IoUGraph
import IoUModels

/// `iouc export`: a detector as an ONNX file.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Builds an IoU-aware RetinaNet and writes it as an ONNX model.")

    @Argument(help: "The file to write.")
    var output: String

    @Option(help: "The network that the detector stands on.")
    var backbone: Backbone = .resnet50

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

    @Option(help: "Exponent of the class probability in the score, 0 to 1.")
    var alpha: Float = 0.5

    @Option(help: "Channels of the feature pyramid. (default: 128 for mobilenetv2, else 256)")
    var fpnChannels: Int?

    @Flag(name: .customLong("no-iou-head"), help: "A plain RetinaNet.")
    var noIoUHead = false

    @Option(help: "What the graph does after the network.")
    var postprocess: Postprocess = .none

    @Flag(help: "Run the compiler's passes.")
    var optimize = false

    @Flag(help: "Write the weights into a file of their own, OUTPUT.data, beside the model.")
    var externalData = false

    @Option(
        help: """
            Whose conventions the weights follow: anchors, boxes, selection, pictures. \
            (default: told by the weights' names, else edges)
            """)
    var convention: Convention?

    @OptionGroup(title: "Network (defaults: the convention's)")
    var network: NetworkArguments

    @Option(help: "Pictures' short side is resized to this, in pixels.")
    var shortSide = 800

    @Option(help: "Their long side is at most this.")
    var longSide = 1333

    @Option(help: "A note on the training, such as data=COCO; may be repeated.")
    var training: [TrainingNote] = []

    func validate() throws {
        try Self.require(classes ?? 1, in: 1...100_000, "--classes")
        try Self.require(fpnChannels ?? 1, in: 1...65_536, "--fpn-channels")
        try Self.require(shortSide, in: 1...65_536, "--short-side")
        try Self.require(longSide, in: shortSide...65_536, "--long-side")
        guard alpha >= 0 && alpha <= 1 else {
            throw ValidationError("--alpha is \(alpha), expected 0 to 1")
        }
    }

    private static func require(
        _ value: Int, in range: ClosedRange<Int>, _ option: String
    ) throws {
        guard range.contains(value) else {
            throw ValidationError(
                "\(option) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
        }
    }

    func run() throws {
        try refuseUnsupported()
        Progress.report("building \(backbone.rawValue)")
        let file = try weights.map { path throws(GraphError) in try WeightFile(path: path) }
        let configuration = try detectorConfiguration(file)
        file.map { report($0, configuration) }
        let detector = try Detector(configuration)
        var model = try model(detector, file)
        if optimize { model = try Compiler().optimize(model).model }
        Progress.report("writing \(output)")
        try model.write(to: output, externalData: externalData ? .always() : .whenNeeded)
        Progress.finish()
    }
}

extension Export {
    private func refuseUnsupported() throws(GraphError) {
    }

    /// The convention, then what the weights tell, then what the user says.
    private func detectorConfiguration(
        _ file: WeightFile?
    ) throws(GraphError) -> DetectorConfiguration {
        var configuration = DetectorConfiguration(
            backbone: backbone, labels: try detectorLabels(),
            convention: convention ?? file?.naming.convention ?? .edges)
        configuration.pyramidChannels = fpnChannels ?? backbone.defaultPyramidChannels
        configuration.inputSize = input
        configuration.shortSide = shortSide
        configuration.longSide = longSide
        configuration.alpha = alpha
        configuration.hasIoUHead = !noIoUHead
        configuration.postprocess = postprocess
        configuration.trainingNotes = training.map { ($0.key, $0.text) }
        file?.describe(&configuration)
        network.apply(to: &configuration)
        return configuration
    }

    /// Says what was taken from names and shapes, where it is not the plain case.
    private func report(_ file: WeightFile, _ configuration: DetectorConfiguration) {
        guard file.naming != .mmdetection else { return }
        let network = configuration.network
        StandardError.write(
            """
            iouc: weights have \(file.naming.rawValue)'s names: \
            convention \(configuration.convention.rawValue), P6 from \(network.p6.rawValue), \
            ReLU before P7 \(network.hasReluBeforeP7 ? "yes" : "no"), \
            batch normalization epsilon \(network.normEpsilon), \
            tower norm \(network.towerNorm.rawValue)

            """)
    }

    private func detectorLabels() throws(GraphError) -> Labels {
        guard let labels else { return .numbered(classes ?? 80) }
        let read = try Labels(path: labels)
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
