import Engine
import Graft
import TestSupport
import Testing
import Weights
import Zoo

/// torchvision's families against PyTorch in double precision, on weights that both sides compute (`HashFill`): the
/// smallest networks at every stage and two sizes, one picture and three; others at their last stages.
@Suite(.serialized)
struct FamilyGoldenTests {
    private static let tolerance = 1e-5
    /// As in `families.py`.
    private static let samples = 128

    /// As in `families.py`.
    private static let gains = ["mobilenet_v2": 3.0, "efficientnet_v2": 3.0, "mobilenetv4_hybrid": 1.5]

    private static let families = [
        "densenet", "efficientnet_v2", "googlenet", "inception_v3", "mnasnet", "mobilenet_v2",
        "mobilenetv4", "regnet", "resnet", "shufflenet_v2", "vgg", "alexnet", "mobilenetv4_hybrid", "squeezenet",
        "squeezenet1_0", "swin", "repvit", "hgnetv2",
    ]

    @Test(arguments: families)
    func `every network of the family equals PyTorch`(family: String) throws {
        let golden = try WeightFile(path: Fixtures.path("models/golden_\(family).npz")).load()
        let registry = try Registry.builtIn()
        for key in golden.names where !key.hasSuffix(".shapes") {
            let words = key.split(separator: ".").map(String.init)
            let size = words[1].split(separator: "x").compactMap { Int($0) }
            let backbone = try registry.backbone(words[0])
            let head = try registry.head("linear", options: Options(), for: backbone)
            let graph = try Model(backbone: backbone, pooling: backbone.publishedPooling, head: head, classes: 1000)
                .graph(imageSize: Extent(height: size[1], width: size[2]))
            let shapes = try #require(golden["\(key).shapes"])
            let rows = (0..<shapes.shape[0]).map { row in
                shapes.elements[(3 * row)..<(3 * row + 3)].map { Int($0) }.filter { $0 > 0 }
            }
            try compare(
                graph, weights: HashFill.weights(for: graph, gain: Self.gains[family] ?? 4.5),
                input: input(batch: size[0], height: size[1], width: size[2]),
                try #require(golden[key]).elements, shapes: rows, key)
        }
    }

    /// - Parameter shapes: those of the graph's last stages, `[C, H, W]` or `[C]`.
    private func compare(
        _ graph: Graph, weights: StateDict, input: Tensor, _ golden: [Float], shapes: [[Int]], _ key: String
    ) throws {
        try #require(shapes.count <= graph.stages.count)
        var place = 0
        for (stage, shape) in zip(graph.stages.suffix(shapes.count), shapes) {
            let output = try InferencePlan(graph.prefix(through: stage.name), weights: weights).run(input)
            try #require(
                output.shape == [input.shape[0]] + shape.dropFirst() + [shape[0]], "the shape of \(key) \(stage.name)")
            let (channels, plane) = (shape[0], shape.dropFirst().reduce(1, *))
            let count = output.elements.count
            let step = max(1, count / Self.samples) | 1
            let largest = Double(golden[place])
            place += 1
            var difference = 0.0
            for index in 0..<min(Self.samples, (count + step - 1) / step) {
                // PyTorch's [N, C, H, W] is [N, H, W, C] here.
                let (image, rest) = (index * step).quotientAndRemainder(dividingBy: channels * plane)
                let ours = output.elements[(image * plane + rest % plane) * channels + rest / plane]
                // A NaN must not pass for small.
                difference = max(difference, ours.isFinite ? abs(Double(ours) - Double(golden[place])) : .infinity)
                place += 1
            }
            #expect(difference <= Self.tolerance * largest, "\(key) \(stage.name): \(difference / largest)")
        }
        #expect(place == golden.count, "\(key)")
    }

    private func input(batch: Int, height: Int, width: Int) throws -> Tensor {
        let images = (0..<batch).map { image in
            HashFill.input(height: height, width: width, name: image == 0 ? "input" : "input\(image)").elements
        }
        return try Tensor(shape: [batch, height, width, 3], elements: images.flatMap(\.self))
    }
}
