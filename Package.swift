// swift-tools-version: 6.2
import PackageDescription

#if canImport(Glibc)
    import Glibc
#endif

/// The newest LLVM OpenMP runtime of the system: `(headers, libraries)`.
///
/// Swift's clang has no omp.h of its own; `-I` would shadow clang's headers, hence `-idirafter`.
func findOpenMP() -> (include: String, library: String)? {
    let root = "/usr/lib"
    for version in stride(from: 40, through: 11, by: -1) {
        let llvm = "\(root)/llvm-\(version)/lib"
        guard access("\(llvm)/libomp.so", R_OK) == 0 else { continue }
        for resource in [
            "\(version)", "\(version).0.6", "\(version).0.0", "\(version).0.1",
            "\(version).0.7", "\(version).1.0",
        ] {
            let include = "\(llvm)/clang/\(resource)/include"
            if access("\(include)/omp.h", R_OK) == 0 { return (include, llvm) }
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
        .executableTarget(
            name: "iouc",
            dependencies: [
                "IoUGraph", "IoUModels",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "iourun",
            dependencies: [
                "IoURuntime",
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
        .testTarget(name: "IoUModelsTests", dependencies: ["IoUModels", "IoUGraph"]),
        .testTarget(name: "IoURuntimeTests", dependencies: ["IoURuntime"]),
        .testTarget(name: "ToolTests", dependencies: ["iouc", "iourun"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11
)
