// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// The newest LLVM OpenMP runtime of the system.
///
/// Swift's clang has no omp.h of its own; `-I` would shadow clang's headers, hence `-idirafter`.
func findOpenMP() -> (include: String, library: String)? {
    let files = FileManager.default
    func folders(in path: String) -> [String] {
        let names = (try? files.contentsOfDirectory(atPath: path)) ?? []
        return names.sorted { $0.compare($1, options: .numeric) == .orderedDescending }
    }
    for llvm in folders(in: "/usr/lib") where llvm.hasPrefix("llvm-") {
        let library = "/usr/lib/\(llvm)/lib"
        guard files.fileExists(atPath: "\(library)/libomp.so") else { continue }
        for version in folders(in: "\(library)/clang") {
            let include = "\(library)/clang/\(version)/include"
            if files.fileExists(atPath: "\(include)/omp.h") { return (include, library) }
        }
    }
    return nil
}

let warnings = [
    "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wstrict-prototypes",
    "-Wmissing-prototypes",
]
let openMP = findOpenMP()
var runtimeFlags = warnings + ["-ffp-contract=off"]
var runtimeLinker: [LinkerSetting] = [.linkedLibrary("m"), .linkedLibrary("pthread")]
if let openMP {
    runtimeFlags += ["-fopenmp", "-DIOU_OPENMP=1", "-idirafter", openMP.include]
    runtimeLinker += [.unsafeFlags(["-L\(openMP.library)"]), .linkedLibrary("omp")]
} else {
    print("note: LLVM's OpenMP was not found (Debian: libomp-dev); building with plain threads")
}

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "iou",
    products: [
        .library(name: "IoURuntime", targets: ["IoURuntime"]),
        .executable(name: "iouc", targets: ["iouc"]),
        .executable(name: "iourun", targets: ["iourun"]),
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
        .target(
            name: "CONNX", dependencies: ["CProtobufC"], exclude: ["onnx.proto"],
            cSettings: [.headerSearchPath("."), .unsafeFlags(warnings)]),
        .target(
            name: "CIoU", dependencies: ["CONNX"],
            cSettings: [.headerSearchPath("."), .unsafeFlags(runtimeFlags)],
            linkerSettings: runtimeLinker),
        .target(
            name: "CIoUImage", dependencies: ["CIoU", "CCairo"],
            cSettings: [.headerSearchPath("."), .unsafeFlags(warnings)],
            linkerSettings: [.linkedLibrary("png"), .linkedLibrary("jpeg")]),
        .target(name: "IoURuntime", dependencies: ["CIoU", "CIoUImage"], swiftSettings: strict),
        .target(name: "IoUGraph", dependencies: ["CONNX", "CIoU"], swiftSettings: strict),
        .target(name: "IoUModels", dependencies: ["IoUGraph"], swiftSettings: strict),
        .target(
            name: "IoUCompiler", dependencies: ["IoUGraph", "IoURuntime"], swiftSettings: strict),
        .target(
            name: "IoUConsole",
            dependencies: [
                "IoURuntime",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .target(
            name: "IoUPlot", dependencies: ["CCairo", "IoUConsole", "IoURuntime"],
            swiftSettings: strict),
        .executableTarget(
            name: "iouc",
            dependencies: [
                "IoUCompiler", "IoUConsole", "IoUGraph", "IoUModels", "IoURuntime",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "iourun",
            dependencies: [
                "IoUConsole", "IoUPlot", "IoURuntime",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .target(
            name: "CIoUTestSupport", dependencies: ["CIoU", "CONNX"],
            path: "Tests/CIoUTestSupport",
            cSettings: [.headerSearchPath("../../Sources/CIoU"), .unsafeFlags(warnings)]),
        .testTarget(name: "CONNXTests", dependencies: ["CONNX"]),
        .testTarget(name: "CIoUTests", dependencies: ["CIoU", "CIoUTestSupport"]),
        .testTarget(name: "CIoUImageTests", dependencies: ["CIoUImage"]),
        .testTarget(name: "IoUGraphTests", dependencies: ["IoUGraph"]),
        .testTarget(
            name: "IoUCompilerTests", dependencies: ["IoUCompiler", "IoUGraph", "IoURuntime"]),
        .testTarget(name: "IoUModelsTests", dependencies: ["IoUModels", "IoUGraph"]),
        .testTarget(name: "IoURuntimeTests", dependencies: ["IoURuntime"]),
        .testTarget(name: "ToolTests", dependencies: ["iouc", "iourun"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11
)
