public import ArgumentParser
import IoUConsole
public import IoUModels

extension NetworkOptions.P6Source: ExpressibleByArgument {}
extension NetworkOptions.BottleneckStride: ExpressibleByArgument {}
extension NetworkOptions.TowerNorm: ExpressibleByArgument {}
extension InputColor: ExpressibleByArgument {}

/// Details of the network and its input; left out, they are the convention's.
struct NetworkArguments: ParsableArguments {
    @Option(help: "What P6 is computed from.")
    var p6: NetworkOptions.P6Source?

    @Flag(inversion: .prefixedNo, help: "A ReLU between P6 and P7.")
    var reluBeforeP7: Bool?

    @Option(help: "The convolution of a bottleneck that has the stride of its stage.")
    var bottleneckStride: NetworkOptions.BottleneckStride?

    @Option(
        name: .customLong("bn-eps"),
        help: "Epsilon of the batch normalizations; torchvision's COCO_V1 weights have 0.")
    var normEpsilon: Float?

    @Option(help: "Normalization within the towers.")
    var towerNorm: NetworkOptions.TowerNorm?

    @Option(help: "Order of the input's channels that the weights expect.")
    var inputColor: InputColor?

    @Option(help: "Detections of one picture.")
    var maxDetections: Int?

    func validate() throws {
        try (0...1).check(normEpsilon, of: "--bn-eps")
        try (1...100_000).check(maxDetections, of: "--max-detections")
    }

    func apply(to configuration: inout DetectorConfiguration) {
        func set<T>(_ path: WritableKeyPath<DetectorConfiguration, T>, _ value: T?) {
            if let value { configuration[keyPath: path] = value }
        }
        set(\.network.p6, p6)
        set(\.network.hasReluBeforeP7, reluBeforeP7)
        set(\.network.bottleneckStride, bottleneckStride)
        set(\.network.normEpsilon, normEpsilon)
        set(\.network.towerNorm, towerNorm)
        set(\.inputColor, inputColor)
        set(\.maxDetections, maxDetections)
    }
}
