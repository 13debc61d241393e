// swift-tools-version: 6.2
import PackageDescription

// In a package of your own: the address of the repository.
let iou = "file://\(Context.packageDirectory.dropLast("/Examples/swift".count))"

let package = Package(
    name: "detect",
    dependencies: [
        .package(url: iou, from: "0.1.0")
    ],
    targets: [
        .executableTarget(
            name: "detect",
            dependencies: [.product(name: "IoURuntime", package: "iou")]),
        .executableTarget(
            name: "detect-async",
            dependencies: [.product(name: "IoURuntime", package: "iou")]),
    ]
)
