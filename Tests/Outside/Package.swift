// swift-tools-version: 6.2
import PackageDescription

// A user of Graft: another package, which sees nothing but what is public.
let package = Package(
    name: "Outside",
    platforms: [.macOS(.v15)],
    // Without the libraries of further picture formats.
    dependencies: [.package(name: "Graft", path: "../..", traits: [])],
    targets: [
        .executableTarget(
            name: "outside", dependencies: [.product(name: "Graft", package: "Graft")], path: "Sources/Outside")
    ],
    swiftLanguageModes: [.v6]
)
