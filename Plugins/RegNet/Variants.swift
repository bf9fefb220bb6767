import ImageNet
import Zoo

/// One network of the family.
struct Variant: Sendable {
    let name: String
    /// Blocks in each of the four stages.
    let depths: [Int]
    /// Channels of each stage.
    let widths: [Int]
    /// Channels of a group of the 3x3 convolutions, where the stage has as many.
    let groupWidth: Int
    let pretrained: [PretrainedEntry]

    /// The paper's Y networks squeeze and excite, its X networks do not.
    var squeezes: Bool { name.contains("_y_") }

    /// - Parameters:
    ///   - v2: the leading digits of the SHA-256 of torchvision's newer weights, and their accuracy.
    ///   - v1: the same of its older ones.
    private init(
        _ name: String, depths: [Int], widths: [Int], groupWidth: Int, v2: (String, Double)? = nil,
        v1: (String, Double)? = nil
    ) {
        self.name = name
        self.depths = depths
        self.widths = widths
        self.groupWidth = groupWidth
        func entry(_ entryName: String, resize: Int, _ facts: (hash: String, accuracy: Double)) -> PretrainedEntry {
            .torchvision(
                "\(name)-\(facts.hash)", name: entryName, resize: resize, accuracy: facts.accuracy, model: "regnet.py")
        }
        pretrained =
            [v2.map { entry("imagenet1k_v2", resize: 232, $0) }, v1.map { entry("imagenet1k_v1", resize: 256, $0) }]
            .compactMap(\.self)
    }

    /// The paper's Tables 8 and 9 as torchvision computes them from depth, initial width, slope and quantisation.
    static let all = [
        Variant(
            "regnet_y_400mf", depths: [1, 3, 6, 6], widths: [48, 104, 208, 440], groupWidth: 8,
            v2: ("e6988f5f", 75.804), v1: ("c65dace8", 74.046)),
        Variant(
            "regnet_y_800mf", depths: [1, 3, 8, 2], widths: [64, 144, 320, 784], groupWidth: 16,
            v2: ("58fc7688", 78.828), v1: ("1b27b58c", 76.420)),
        Variant(
            "regnet_y_1_6gf", depths: [2, 6, 17, 2], widths: [48, 120, 336, 888], groupWidth: 24,
            v2: ("0d7bc02a", 80.876), v1: ("b11a554e", 77.950)),
        Variant(
            "regnet_y_3_2gf", depths: [2, 5, 13, 1], widths: [72, 216, 576, 1512], groupWidth: 24,
            v2: ("9180c971", 81.982), v1: ("b5a9779c", 78.948)),
        Variant(
            "regnet_y_8gf", depths: [2, 4, 10, 1], widths: [224, 448, 896, 2016], groupWidth: 56,
            v2: ("dc2b1b54", 82.828), v1: ("d0d0e4a8", 80.032)),
        Variant(
            "regnet_y_16gf", depths: [2, 4, 11, 1], widths: [224, 448, 1232, 3024], groupWidth: 112,
            v2: ("3e4a00f9", 82.886), v1: ("9e6ed7dd", 80.424)),
        Variant(
            "regnet_y_32gf", depths: [2, 5, 12, 1], widths: [232, 696, 1392, 3712], groupWidth: 232,
            v2: ("8db6d4b5", 83.368), v1: ("4dee3f7a", 80.878)),
        Variant("regnet_y_128gf", depths: [2, 7, 17, 1], widths: [528, 1056, 2904, 7392], groupWidth: 264),
        Variant(
            "regnet_x_400mf", depths: [1, 2, 7, 12], widths: [32, 64, 160, 400], groupWidth: 16,
            v2: ("62229a5f", 74.864), v1: ("adf1edd5", 72.834)),
        Variant(
            "regnet_x_800mf", depths: [1, 3, 7, 5], widths: [64, 128, 288, 672], groupWidth: 16,
            v2: ("94a99ebd", 77.522), v1: ("ad17e45c", 75.212)),
        Variant(
            "regnet_x_1_6gf", depths: [2, 4, 10, 2], widths: [72, 168, 408, 912], groupWidth: 24,
            v2: ("a12f2b72", 79.668), v1: ("e3633e7f", 77.040)),
        Variant(
            "regnet_x_3_2gf", depths: [2, 6, 15, 2], widths: [96, 192, 432, 1008], groupWidth: 48,
            v2: ("7071aa85", 81.196), v1: ("f342aeae", 78.364)),
        Variant(
            "regnet_x_8gf", depths: [2, 5, 15, 1], widths: [80, 240, 720, 1920], groupWidth: 120,
            v2: ("2b70d774", 81.682), v1: ("03ceed89", 79.344)),
        Variant(
            "regnet_x_16gf", depths: [2, 6, 13, 1], widths: [256, 512, 896, 2048], groupWidth: 128,
            v2: ("ba3796d7", 82.716), v1: ("2007eb11", 80.058)),
        Variant(
            "regnet_x_32gf", depths: [2, 7, 13, 1], widths: [336, 672, 1344, 2520], groupWidth: 168,
            v2: ("6eb8fdc6", 83.014), v1: ("9d47f8d0", 80.622)),
    ]
}
