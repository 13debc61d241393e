// swift-tools-version: 6.2
import PackageDescription

// No unsafe flag: SwiftPM may refuse packages that have them as dependencies. So the C of this
// package runs its own thread pool, unless `make build` gives the compiler OpenMP's flags.
let warnings = ["all", "extra", "conversion", "shadow", "strict-prototypes", "missing-prototypes"]
    .map { CSetting.enableWarning($0) }

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "iou",
    products: [
        .library(name: "IoURuntime", targets: ["IoURuntime"]),
        .library(name: "IoUGraph", targets: ["IoUGraph"]),
        .library(name: "IoUModels", targets: ["IoUModels"]),
        .library(name: "IoUCompiler", targets: ["IoUCompiler"]),
        .executable(name: "iouc", targets: ["iouc"]),
        .executable(name: "iourun", targets: ["iourun"]),
    ],
    traits: [
        .trait(name: "WebP", description: "Reads WebP files, by libwebp."),
        .trait(name: "TIFF", description: "Reads TIFF files, by libtiff."),
        .trait(name: "GIF", description: "Reads GIF files, by giflib."),
        .trait(name: "Video", description: "Videos in iourun, by FFmpeg's libraries."),
        .default(enabledTraits: ["WebP", "TIFF", "GIF", "Video"]),
        .trait(
            name: "OpenBLAS",
            description: "OpenBLAS multiplies matrices on processors without kernels of ours."),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
    ],
    targets: [
        .systemLibrary(
            name: "CProtobufC", path: "Sources/CProtobufC", pkgConfig: "libprotobuf-c",
            providers: [.apt(["libprotobuf-c-dev"])]),
        .systemLibrary(
            name: "CCairo", path: "Sources/CCairo", pkgConfig: "cairo",
            providers: [.apt(["libcairo2-dev"])]),
        .systemLibrary(
            name: "CExpat", path: "Sources/CExpat", pkgConfig: "expat",
            providers: [.apt(["libexpat1-dev"])]),
        .systemLibrary(
            name: "CYAML", path: "Sources/CYAML", pkgConfig: "yaml-0.1",
            providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(
            name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "COpenBLAS", path: "Sources/COpenBLAS", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-serial-dev"])]),
        .target(
            name: "CONNX", dependencies: ["CProtobufC"], exclude: ["onnx.proto"],
            cSettings: [.headerSearchPath(".")] + warnings),
        .target(
            name: "CIoU",
            dependencies: [
                "CONNX", .target(name: "COpenBLAS", condition: .when(traits: ["OpenBLAS"])),
            ],
            cSettings: [
                .headerSearchPath("."), .define("IOU_OPENBLAS", .when(traits: ["OpenBLAS"])),
            ] + warnings,
            linkerSettings: [.linkedLibrary("m"), .linkedLibrary("pthread")]),
        .target(
            name: "CIoUImage", dependencies: ["CIoU", "CCairo"],
            cSettings: [
                .headerSearchPath("."), .define("IOU_WEBP", .when(traits: ["WebP"])),
                .define("IOU_TIFF", .when(traits: ["TIFF"])),
                .define("IOU_GIF", .when(traits: ["GIF"])),
            ] + warnings,
            linkerSettings: [
                .linkedLibrary("png"), .linkedLibrary("jpeg"),
                .linkedLibrary("webpdemux", .when(traits: ["WebP"])),
                .linkedLibrary("webp", .when(traits: ["WebP"])),
                .linkedLibrary("tiff", .when(traits: ["TIFF"])),
                .linkedLibrary("gif", .when(traits: ["GIF"])),
            ]),
        .target(
            name: "CIoUVideo", dependencies: ["CIoU", "CIoUImage"],
            cSettings: [
                .headerSearchPath("."), .headerSearchPath("../CIoUImage"),
                .define("IOU_VIDEO", .when(traits: ["Video"])),
            ] + warnings,
            linkerSettings: [.linkedLibrary("dl", .when(traits: ["Video"]))]),
        .target(
            name: "IoURuntime", dependencies: ["CIoU", "CIoUImage"],
            swiftSettings: strict + [.enableExperimentalFeature("Lifetimes")]),
        .target(name: "IoUGraph", dependencies: ["CONNX", "CIoU"], swiftSettings: strict),
        .target(
            name: "IoUModels", dependencies: ["CIoU", "CZlib", "IoUGraph"], swiftSettings: strict),
        .target(
            name: "IoUCompiler", dependencies: ["IoUGraph", "IoURuntime"], swiftSettings: strict),
        .target(
            name: "IoUQuantizer",
            dependencies: ["IoUCompiler", "IoUConsole", "IoUGraph", "IoURuntime"],
            swiftSettings: strict),
        .target(
            name: "IoUConsole",
            dependencies: [
                "IoURuntime",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .target(
            name: "IoUPlot", dependencies: ["CCairo", "IoUConsole", "IoURuntime"],
            swiftSettings: strict),
        .target(
            name: "IoUVideo", dependencies: ["CIoU", "CIoUImage", "CIoUVideo", "IoURuntime"],
            swiftSettings: strict),
        .target(name: "IoUTracking", swiftSettings: strict),
        .target(
            name: "IoUEval", dependencies: ["CExpat", "CYAML", "IoURuntime"], swiftSettings: strict),
        .target(
            name: "IoUAccuracy", dependencies: ["IoUConsole", "IoUEval", "IoURuntime"],
            swiftSettings: strict),
        .executableTarget(
            name: "iouc",
            dependencies: [
                "IoUAccuracy", "IoUCompiler", "IoUConsole", "IoUEval", "IoUGraph", "IoUModels",
                "IoUQuantizer", "IoURuntime",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "iourun",
            dependencies: [
                "IoUAccuracy", "IoUConsole", "IoUEval", "IoUGraph", "IoUPlot", "IoURuntime",
                "IoUTracking", "IoUVideo",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .target(
            name: "CIoUTestSupport", dependencies: ["CIoU", "CONNX"],
            path: "Tests/CIoUTestSupport",
            cSettings: [.headerSearchPath("../../Sources/CIoU")] + warnings),
        .target(name: "IoUTestSupport", path: "Tests/IoUTestSupport", swiftSettings: strict),
        .testTarget(name: "CONNXTests", dependencies: ["CONNX"]),
        .testTarget(
            name: "CIoUTests", dependencies: ["CIoU", "CIoUTestSupport", "IoUTestSupport"]),
        .testTarget(name: "CIoUImageTests", dependencies: ["CIoUImage", "IoUTestSupport"]),
        .testTarget(
            name: "IoUEvalTests", dependencies: ["IoUEval", "IoURuntime", "IoUTestSupport"]),
        .testTarget(name: "IoUGraphTests", dependencies: ["IoUGraph"]),
        .testTarget(
            name: "IoUCompilerTests", dependencies: ["IoUCompiler", "IoUGraph", "IoURuntime"]),
        .testTarget(name: "IoUQuantizerTests", dependencies: ["IoUQuantizer", "IoUGraph"]),
        .testTarget(name: "IoUTrackingTests", dependencies: ["IoUTracking"]),
        .testTarget(name: "IoUModelsTests", dependencies: ["IoUModels", "IoUGraph"]),
        .testTarget(name: "IoURuntimeTests", dependencies: ["IoURuntime", "IoUTestSupport"]),
        .testTarget(
            name: "ToolTests", dependencies: ["IoUGraph", "IoUTestSupport", "iouc", "iourun"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11
)

// A warning is an error here, and nothing in packages that depend on this one. A target has the
// setting of its own language only: SwiftPM takes the other apart wrongly in a dependency.
for target in package.targets where target.type != .system {
    if let settings = target.cSettings {
        target.cSettings = settings + [.treatAllWarnings(as: .error)]
    } else {
        target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
    }
}
