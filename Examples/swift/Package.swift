// swift-tools-version: 6.2
import PackageDescription

// In a package of your own: the address of the repository, such as "https://example.org/iou.git".
let repository = Context.packageDirectory.dropLast("/Examples/swift".count)
let address = "file://\(repository)"
// SwiftPM knows a package by the last part of its address, without ".git".
let iou = repository.split(separator: "/").last!.lowercased()

let package = Package(
    name: "detect",
    dependencies: [
        .package(url: address, from: "0.2.0")
    ],
    targets: [
        .executableTarget(
            name: "detect",
            dependencies: [.product(name: "IoURuntime", package: iou)]),
        .executableTarget(
            name: "detect-async",
            dependencies: [.product(name: "IoURuntime", package: iou)]),
        .executableTarget(
            name: "build-detector",
            dependencies: [
                .product(name: "IoUCompiler", package: iou),
                .product(name: "IoUGraph", package: iou),
                .product(name: "IoUModels", package: iou),
            ]),
    ]
)
