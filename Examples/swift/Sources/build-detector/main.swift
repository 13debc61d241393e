// A detector's file without the tools: build-detector OUT.onnx. Builds the network with seeded weights,
// optimizes it, says what the rules did, and writes it.
import IoUCompiler
import IoUGraph
import IoUModels

guard CommandLine.arguments.count == 2 else { fatalError("usage: build-detector OUT.onnx") }

do throws(GraphError) {
    var configuration = DetectorConfiguration(
        backbone: .resnet18, labels: try Labels(["RBC", "WBC", "Platelets"]))
    configuration.alpha = 0.4
    let detector = try Detector(configuration)
    let model = try detector.model(SeededWeights(seed: 1))

    let (optimized, report) = try Compiler().optimize(model)
    for rule in report.entries where !rule.done.isEmpty {
        print("\(rule.name): \(rule.done.count) times")
    }
    print("\(model.graph.nodes.count) nodes, \(optimized.graph.nodes.count) after that")
    try optimized.write(to: CommandLine.arguments[1])
} catch {
    fatalError("build-detector: \(error)")
}
