import Testing

@testable import IoUModels

@Suite("Anchors")
struct AnchorsTests {
    /// By hand from docs/detector.md, "Anchors", in the order a = 0 … 8.
    private static let legacy: [(stride: Int, corners: [Float])] = [
        (
            8,
            [
                -19, -7, 26, 14, -25, -10, 32, 17, -32, -14, 39, 21,
                -12, -12, 19, 19, -16, -16, 23, 23, -21, -21, 28, 28,
                -7, -19, 14, 26, -10, -25, 17, 32, -14, -32, 21, 39,
            ]
        ),
        (
            16,
            [
                -37, -15, 52, 30, -49, -21, 64, 36, -64, -28, 79, 43,
                -24, -24, 39, 39, -32, -32, 47, 47, -43, -43, 58, 58,
                -15, -37, 30, 52, -21, -49, 36, 64, -28, -64, 43, 79,
            ]
        ),
        (
            32,
            [
                -75, -29, 106, 60, -98, -41, 129, 72, -128, -56, 159, 87,
                -48, -48, 79, 79, -65, -65, 96, 96, -86, -86, 117, 117,
                -29, -75, 60, 106, -41, -98, 72, 129, -56, -128, 87, 159,
            ]
        ),
        (
            64,
            [
                -149, -59, 212, 122, -196, -82, 259, 145, -255, -112, 318, 175,
                -96, -96, 159, 159, -129, -129, 192, 192, -171, -171, 234, 234,
                -59, -149, 122, 212, -82, -196, 145, 259, -112, -255, 175, 318,
            ]
        ),
        (
            128,
            [
                -298, -117, 425, 244, -392, -164, 519, 291, -511, -223, 638, 350,
                -192, -192, 319, 319, -259, -259, 386, 386, -342, -342, 469, 469,
                -117, -298, 244, 425, -164, -392, 291, 519, -223, -511, 350, 638,
            ]
        ),
    ]

    /// The nine boxes that torchvision has at stride 8 (docs/detector.md, "Anchors").
    @Test func torchvisionsAnchorsAreItsIntegers() {
        #expect(
            corners(8, .torchvision) == [
                -23, -11, 23, 11, -28, -14, 28, 14, -35, -18, 35, 18,
                -16, -16, 16, 16, -20, -20, 20, 20, -25, -25, 25, 25,
                -11, -23, 11, 23, -14, -28, 14, 28, -18, -35, 18, 35,
            ])
    }

    /// Sizes of the levels are truncated: the squares have half of them, rounded half to even.
    @Test(
        arguments: [
            (8, [32, 40, 50]), (16, [64, 80, 101]), (32, [128, 161, 203]), (64, [256, 322, 406]),
            (128, [512, 645, 812]),
        ] as [(Int, [Float])])
    func torchvisionTruncatesSizes(_ stride: Int, _ sizes: [Float]) {
        let squares = Anchors.base(stride: stride, .torchvision, .ratioOuter)[3..<6]
        #expect(squares.map(\.x2) == sizes.map { ($0 / 2).rounded(.toNearestOrEven) })
        #expect(squares.map(\.y1) == squares.map { -$0.x2 })
    }

    /// MMDetection's order is a permutation of theirs (docs/detector.md, "Anchors").
    @Test(
        arguments: [
            (.detectron2, [0, 3, 6, 1, 4, 7, 2, 5, 8]), (.odtk, [2, 5, 8, 0, 3, 6, 1, 4, 7]),
        ] as [(Convention, [Int])])
    func ordersArePermutations(_ convention: Convention, _ places: [Int]) {
        for stride in Anchors.strides {
            let theirs = Anchors.base(stride: stride, convention, convention.anchorOrder)
            let ours = Anchors.base(stride: stride, .mmdetection, .ratioOuter)
            let shift = convention == .odtk ? Float(stride) / 2 : 0
            for (box, place) in zip(ours, places) {
                let other = theirs[place]
                #expect(abs(other.x1 - shift - box.x1) < 1e-4)
                #expect(abs(other.y1 - shift - box.y1) < 1e-4)
                #expect(abs(other.x2 - shift - box.x2) < 1e-4)
                #expect(abs(other.y2 - shift - box.y2) < 1e-4)
            }
        }
    }

    private func corners(_ stride: Int, _ convention: Convention) -> [Float] {
        Anchors.base(stride: stride, convention, convention.anchorOrder).flatMap {
            [$0.x1, $0.y1, $0.x2, $0.y2]
        }
    }

    @Test(arguments: legacy)
    func legacyAnchorsAreTheAuthorsIntegers(_ level: (stride: Int, corners: [Float])) {
        #expect(corners(level.stride, .legacy) == level.corners)
    }

    @Test func edgeAnchorsAreThoseOfMMDetection() {
        let expected: [(Float, Float)] = [
            (22.6274, 11.3137), (28.5088, 14.2544), (35.9188, 17.9594), (16, 16),
            (20.1587, 20.1587), (25.3984, 25.3984), (11.3137, 22.6274), (14.2544, 28.5088),
            (17.9594, 35.9188),
        ]
        for (box, half) in zip(Anchors.base(stride: 8, .edges, .ratioOuter), expected) {
            #expect(abs(box.x2 - half.0) < 1e-4 && abs(box.y2 - half.1) < 1e-4)
            #expect(box.x1 == -box.x2 && box.y1 == -box.y2)
        }
    }

    @Test(arguments: [16, 32, 64, 128])
    func edgeAnchorsScaleWithTheStride(_ stride: Int) {
        let factor = Float(stride / 8)
        #expect(corners(stride, .edges) == corners(8, .edges).map { $0 * factor })
    }
}
