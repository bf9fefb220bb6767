// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Graft",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Graft", targets: ["Graft"]),
        .executable(name: "graft", targets: ["graft-cli"]),
    ],
    // Picture formats whose libraries bring many others along. All are on unless the package that depends on this one
    // chooses: `.package(..., traits: [])` needs none of them, `traits: ["GIF", "TIFF"]` two.
    traits: [
        .trait(name: "GIF", description: "Reads GIF (giflib)"),
        .trait(name: "TIFF", description: "Reads TIFF (libtiff)"),
        .trait(name: "HEIC", description: "Reads HEIC (libheif)"),
        .trait(name: "AVIF", description: "Reads AVIF (libavif)"),
        .trait(name: "JPEGXL", description: "Reads JPEG XL (libjxl)"),
        // Not by default: its BoringSSL would be nearly half of a first build. See Docs/Serving.md.
        .trait(name: "TLS", description: "graft serve --certificate (swift-nio-ssl)"),
        .default(enabledTraits: ["GIF", "TIFF", "HEIC", "AVIF", "JPEGXL"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    ],
    targets: [
        // System libraries.
        .system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev", brew: "zlib"),
        .system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev", brew: "openssl"),
        .system("CJpeg", pkgConfig: "libjpeg", apt: "libjpeg-dev", brew: "jpeg-turbo"),
        .system("CPng", pkgConfig: "libpng", apt: "libpng-dev", brew: "libpng"),
        .system("CWebp", pkgConfig: "libwebp", apt: "libwebp-dev", brew: "webp"),
        .system("CLcms", pkgConfig: "lcms2", apt: "liblcms2-dev", brew: "little-cms2"),
        .system("CGif", pkgConfig: "libgif", apt: "libgif-dev", brew: "giflib"),
        .system("CTiff", pkgConfig: "libtiff-4", apt: "libtiff-dev", brew: "libtiff"),
        .system("CHeif", pkgConfig: "libheif", apt: "libheif-dev", brew: "libheif"),
        .system("CAvif", pkgConfig: .unlessLinux("libavif"), apt: "libavif-dev", brew: "libavif"),
        .system("CJxl", pkgConfig: .unlessLinux("libjxl"), apt: "libjxl-dev", brew: "jpeg-xl"),

        // The library, in the order a picture meets it.
        .module("Zoo"),
        .target(name: "CKernels"),
        .module("Engine", ["Zoo", "CKernels"]),
        .target(name: "CMPI"),
        .module("Cluster", ["Zoo", "Engine", "CMPI"]),
        .module("Numbers", ["Zoo", "Engine"]),
        .module("Weights", ["Zoo", "CZlib", .target(name: "CCrypto", condition: .when(platforms: [.linux]))]),
        // Named here too: where pkg-config is missing, nothing else tells the linker.
        .target(
            name: "CImage",
            dependencies: [
                "CJpeg", "CPng", "CWebp", "CLcms", .trait("GIF", "CGif"), .trait("TIFF", "CTiff"),
                .trait("HEIC", "CHeif"), .trait("AVIF", "CAvif"), .trait("JPEGXL", "CJxl"),
            ],
            cSettings: ["GIF", "TIFF", "HEIC", "AVIF", "JPEGXL"].map { .define("GRAFT_\($0)", .when(traits: [$0])) },
            linkerSettings: [
                .linkedLibrary("jpeg"), .linkedLibrary("png"), .linkedLibrary("webp"), .linkedLibrary("lcms2"),
                .linkedLibrary("gif", .when(traits: ["GIF"])), .linkedLibrary("tiff", .when(traits: ["TIFF"])),
                .linkedLibrary("heif", .when(traits: ["HEIC"])), .linkedLibrary("avif", .when(traits: ["AVIF"])),
                .linkedLibrary("jxl", .when(traits: ["JPEGXL"])),
            ]),
        .module("Images", ["Zoo", "CImage"]),
        .target(
            name: "ONNX", dependencies: ["Zoo", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["README.md", "Schema/onnx.proto"], swiftSettings: .strict),
        .module("Exchange", ["Zoo", "Engine", "Weights", "ONNX"]),
        .module("Data", ["Zoo", "Engine", "Weights", "Images"]),
        .module("Objectives", ["Zoo", "Engine", "Numbers"]),
        .module("Learning", ["Zoo", "Engine", "Objectives"]),
        .module("Inference", ["Zoo", "Engine", "Weights", "Images", "Exchange"]),
        .module(
            "Insight",
            ["Zoo", "Engine", "Numbers", "Weights", "Images", "Exchange", "Data", "Objectives", "Inference"]),
        .module(
            "Report",
            [
                "Zoo", "Engine", "Weights", "Images", "Exchange", "Data", "Objectives", "Learning", "Inference",
                "Insight",
            ]),
        .module("RunConfiguration", ["Zoo", "Images", "Data", "Learning", "Inference"]),
        .module(
            "Runs",
            [
                "Zoo", "Engine", "Numbers", "Weights", "Images", "Exchange", "Data", "Objectives", "Learning",
                "Inference", "Insight", "Report", "RunConfiguration",
            ]),
        .module(
            "Comparison",
            [
                "Zoo", "Engine", "Numbers", "Weights", "Images", "Data", "Learning", "Inference", "Insight",
                "RunConfiguration", "Runs",
            ]),
        .module(
            "Editing",
            ["Zoo", "Engine", "Weights", "Images", "Exchange", "Data", "Learning", "Inference", "RunConfiguration"]),

        // Model plugins: one folder each.
        .module("ImageNet", ["Zoo"], path: "Plugins/ImageNet"),
        .module("EfficientNet", ["Zoo", "ImageNet"], path: "Plugins/EfficientNet"),
        .module("ResNet", ["Zoo", "ImageNet"], path: "Plugins/ResNet"),
        .module("MobileNetV3", ["Zoo", "ImageNet"], path: "Plugins/MobileNetV3"),
        .module("RegNet", ["Zoo", "ImageNet"], path: "Plugins/RegNet"),
        .module("MobileNetV2", ["Zoo", "ImageNet"], path: "Plugins/MobileNetV2"),
        .module("MNASNet", ["Zoo", "ImageNet"], path: "Plugins/MNASNet"),
        .module("EfficientNetV2", ["Zoo", "ImageNet"], path: "Plugins/EfficientNetV2"),
        .module("DenseNet", ["Zoo", "ImageNet"], path: "Plugins/DenseNet"),
        .module("GoogLeNet", ["Zoo", "ImageNet"], path: "Plugins/GoogLeNet"),
        .module("InceptionV3", ["Zoo", "ImageNet"], path: "Plugins/InceptionV3"),
        .module("MobileNetV4", ["Zoo", "ImageNet"], path: "Plugins/MobileNetV4"),
        .module("VGG", ["Zoo", "ImageNet"], path: "Plugins/VGG"),
        .module("AlexNet", ["Zoo", "ImageNet"], path: "Plugins/AlexNet"),
        .module("ShuffleNetV2", ["Zoo", "ImageNet"], path: "Plugins/ShuffleNetV2"),
        .module("ConvNeXt", ["Zoo", "ImageNet"], path: "Plugins/ConvNeXt"),
        .module("VisionTransformer", ["Zoo", "ImageNet"], path: "Plugins/VisionTransformer"),
        .module("SwinTransformer", ["Zoo", "ImageNet"], path: "Plugins/SwinTransformer"),
        .module("SqueezeNet", ["Zoo", "ImageNet"], path: "Plugins/SqueezeNet"),
        .module("RepViT", ["Zoo"], path: "Plugins/RepViT"),
        .module("HGNetV2", ["Zoo"], path: "Plugins/HGNetV2"),
        .module("Heads", ["Zoo", "Numbers"], path: "Plugins/Heads"),
        .module("WeightSources", ["Zoo", "Weights", "Heads"], path: "Plugins/WeightSources"),

        .module(
            "Graft",
            [
                "Zoo", "Engine", "Weights", "Images", "Exchange", "Data", "Objectives", "Learning", "Inference",
                "RunConfiguration", "Runs", "Editing",
                "EfficientNet", "ResNet", "MobileNetV3", "RegNet", "MobileNetV2", "MNASNet", "EfficientNetV2",
                "DenseNet", "GoogLeNet", "InceptionV3", "MobileNetV4", "VGG", "AlexNet", "ShuffleNetV2", "ConvNeXt",
                "VisionTransformer", "SwinTransformer", "SqueezeNet", "RepViT", "HGNetV2", "Heads", "WeightSources",
            ]),
        // The only importer of SwiftNIO: who embeds the library need not build it.
        .target(
            name: "Serving",
            dependencies: [
                "Zoo", "Engine", "Weights", "Images", "Exchange", "Data", "Learning", "Inference", "Insight", "Report",
                "Runs",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["TLS"])),
            ],
            exclude: ["README.md"], resources: [.embedInCode("Page")], swiftSettings: .strict),
        .executableTarget(
            name: "graft-cli",
            dependencies: [
                "Graft", "Zoo", "Engine", "Cluster", "Weights", "Images", "Exchange", "Data", "Objectives", "Learning",
                "Inference", "Insight", "Report", "RunConfiguration", "Runs", "Comparison", "WeightSources", "Serving",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: .strict),

        // Tests.
        .target(
            name: "TestSupport", dependencies: ["Zoo", "Engine", "Cluster", "Weights"], path: "Tests/Support",
            swiftSettings: .strict),
        .tests("ZooTests", ["Zoo"]),
        .tests("EngineTests", ["Zoo", "Engine", "CKernels"]),
        .tests("ClusterTests", ["Zoo", "Engine", "Cluster"]),
        .tests("WeightsTests", ["Zoo", "Weights"]),
        .tests("WeightSourceTests", ["Zoo", "Weights", "EfficientNet", "WeightSources"]),
        .tests("ImagesTests", ["Zoo", "Images", "Weights"]),
        .tests(
            "TrainingTests",
            [
                "Zoo", "Engine", "Weights", "Images", "Exchange", "Data", "Objectives", "Learning", "Inference",
                "Report",
                "RunConfiguration", "Runs", "Editing", "Heads",
            ]),
        .tests(
            "InsightTests",
            [
                "Zoo", "Engine", "Numbers", "Weights", "Images", "Data", "Inference", "Insight", "EfficientNet",
                "ResNet",
                "MobileNetV3", "VisionTransformer", "Heads", "Report",
            ]),
        .tests(
            "ModelTests",
            [
                "Graft", "Zoo", "Engine", "Weights", "Images", "Objectives", "Learning", "EfficientNet", "ResNet",
                "MobileNetV3", "ConvNeXt", "VisionTransformer", "Heads",
            ]),
        .tests(
            "ExchangeTests", ["Graft", "Zoo", "Engine", "Weights", "ONNX", "Exchange", "Heads", "WeightSources"]),
        .tests(
            "HostileTests",
            [
                "Zoo", "Weights", "WeightSources", "Images", "Exchange", "Data", "Learning", "Inference", "Insight",
                "RunConfiguration", "Serving", "graft-cli",
            ]),
        .tests(
            "ServingTests",
            ["Zoo", "Engine", "Weights", "Images", "Exchange", "Inference", "Learning", "Runs", "Serving", "Heads"]),
        .tests("CommandTests", ["Graft", "Zoo", "Images", "RunConfiguration", "graft-cli"]),
    ],
    swiftLanguageModes: [.v6]
)

extension Target {
    static func module(_ name: String, _ dependencies: [Dependency] = [], path: String? = nil) -> Target {
        .target(
            name: name, dependencies: dependencies, path: path, exclude: ["README.md"], swiftSettings: .strict)
    }

    static func tests(_ name: String, _ dependencies: [Dependency]) -> Target {
        .testTarget(name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: .strict)
    }

    static func system(_ name: String, pkgConfig: String?, apt: String, brew: String) -> Target {
        .systemLibrary(
            name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig,
            providers: [.apt([apt]), .brew([brew])])
    }
}

extension String? {
    /// For libraries whose flags SwiftPM warns of. Linux has their headers in the usual place, without being asked.
    static func unlessLinux(_ name: String) -> String? {
        #if os(Linux)
            nil
        #else
            name
        #endif
    }
}

extension Target.Dependency {
    /// A target that only a trait asks for.
    static func trait(_ trait: String, _ target: String) -> Target.Dependency {
        .target(name: target, condition: .when(traits: [trait]))
    }
}

extension [SwiftSetting] {
    /// Settings of every Swift target. `GRAFT_STRICT=1` (CI) makes warnings errors, which a package may not impose on
    /// those who depend on it.
    static var strict: [SwiftSetting] {
        let features: [SwiftSetting] = [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("InternalImportsByDefault"),
        ]
        return features + (Context.environment["GRAFT_STRICT"] == "1" ? [.treatAllWarnings(as: .error)] : [])
    }
}
