import IoUGraph
import Testing

@testable import IoUModels

@Suite("Weights")
struct WeightsTests {
    private let normal = Parameter(name: "a", shape: [100, 100], start: .normal(deviation: 2))

    @Test func aSeedGivesTheSameWeightsEveryTime() {
        let first = SeededWeights(seed: 7).tensor(for: normal)
        #expect(first == SeededWeights(seed: 7).tensor(for: normal))
        #expect(first != SeededWeights(seed: 8).tensor(for: normal))
    }

    /// Pins the generator: exported files must stay what they are.
    @Test func theGeneratorIsSplitMix64() {
        var random = RandomNumbers(seed: 0, name: "")
        #expect(random.next() == 0xc381_7c01_6ba4_ff30)
    }

    @Test func normalNumbersHaveTheirDeviation() throws {
        let values = try #require(SeededWeights(seed: 3).tensor(for: normal).floats)
        let mean = values.reduce(0, +) / Float(values.count)
        let variance = values.reduce(0) { $0 + $1 * $1 } / Float(values.count)
        #expect(abs(mean) < 0.1 && abs(variance - 4) < 0.2)
    }

    @Test func exportedBytesAreTheSameForASeed() throws {
        let labels = Labels.numbered(2)
        var configuration = DetectorConfiguration(backbone: .resnet18, labels: labels)
        configuration.pyramidChannels = 16
        let detector = try Detector(configuration)
        let first = try detector.model(SeededWeights(seed: 5)).encoded()
        #expect(try detector.model(SeededWeights(seed: 5)).encoded() == first)
        #expect(try detector.model(SeededWeights(seed: 6)).encoded() != first)
    }

    @Test func everythingThatDoesNotFitIsListed() throws {
        let header = #"""
            {"good":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
            "bent":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},
            "left":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},
            "bn.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[12,20]}}
            """#
        let bytes = SafetensorsTests.bytes(header, Array(repeating: 0, count: 20))
        let file = try WeightFile(SafetensorsFile(Blob(bytes), path: "w"))
        let parameters = [
            Parameter(name: "good", shape: [1], start: .constant(0)),
            Parameter(name: "bent", shape: [2], start: .constant(0)),
            Parameter(name: "gone", shape: [1], start: .constant(0)),
            Parameter(name: "fixed", shape: [], start: .fixed(6)),
        ]
        let error = #expect(throws: GraphError.self) {
            try WeightMatch(
                parameters: parameters, file: file,
                configuration: DetectorConfiguration(backbone: .resnet18, labels: .numbered(2))
            ).check()
        }
        #expect(
            error?.message
                == "'w' does not fit resnet18 with 2 classes and 256 channels: 1 missing, "
                + "1 not expected, 1 of wrong shape, such as bent ([1], expected [2]), "
                + "gone (missing), left (not expected)")
    }
}
