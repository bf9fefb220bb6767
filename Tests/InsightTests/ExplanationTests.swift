import EfficientNet
import Engine
import Heads
import Images
import Insight
import MobileNetV3
import ResNet
import TestSupport
import Testing
import VisionTransformer
import Weights
import Zoo

@Suite(.serialized)
struct ExplanationTests {
    private static let size = Extent(height: 160, width: 224)
    private static let names = ["efficientnet_b0", "efficientnet_lite0", "resnet50", "mobilenet_v3_large"]

    private static func graph(_ name: String) throws -> (Graph, StateDict) {
        let backbone: any Backbone =
            switch name {
            case "resnet50": try ResNet(variant: name)
            case "mobilenet_v3_large": try MobileNetV3(variant: name)
            default: try EfficientNet(variant: name)
            }
        var options = Options()
        let graph = try Model(backbone: backbone, head: LinearHead(options: &options, for: backbone), outputs: 1000)
            .graph(imageSize: size)
        return (graph, HashFill.weights(for: graph, gain: name.contains("lite") ? 3 : 4.5))
    }

    private static func error(of map: HeatMap, _ golden: Tensor, _ place: Int) -> Float {
        let cells = map.rows * map.columns
        #expect(golden.shape.dropFirst() == [map.rows, map.columns])
        return zip(map.normalized.values, golden.elements[place * cells..<(place + 1) * cells])
            .map { abs($0 - $1) }.max() ?? 0
    }

    @Test(arguments: names)
    func `maps equal pytorch-grad-cam's`(name: String) throws {
        let golden = try WeightFile(path: Fixtures.path("insight/heat.npz")).load()
        let (graph, weights) = try Self.graph(name)
        let input = HashFill.input(height: Self.size.height, width: Self.size.width)
        for method in [Explainer.Method.gradcam, .layercam] {
            let explainer = try Explainer(graph, weights: weights, method: method, threads: 2)
            let found = try explainer.explain(input) { _ in [3, 700] }
            let expected = try #require(golden["\(name).\(method.rawValue)"])
            for (place, map) in found.maps.enumerated() {
                #expect(Self.error(of: map, expected, place) < 1e-5, "\(method) \(place)")
            }
        }
    }

    @Test func `a class activation map adds up to the logit and is Grad-CAM's up to a factor`() throws {
        for name in Self.names.dropLast() {
            let golden = try WeightFile(path: Fixtures.path("insight/heat.npz")).load()
            let (graph, weights) = try Self.graph(name)
            let explainer = try Explainer(graph, weights: weights, threads: 2)
            #expect(explainer.method == .cam)
            let found = try explainer.explain(HashFill.input(height: 160, width: 224)) { _ in [3, 700] }
            let bias = try #require(weights.names.last.flatMap { weights[$0] })
            for (place, map) in found.maps.enumerated() {
                let sum = map.values.reduce(0.0) { $0 + Double($1) } + Double(bias.elements[map.index])
                #expect(abs(sum - Double(found.logits[map.index])) < 1e-4 * max(1, abs(sum)))
                #expect(Self.error(of: map, try #require(golden["\(name).gradcam"]), place) < 1e-5)
            }
        }
        // The neck behind the pooling is not linear.
        let (graph, weights) = try Self.graph("mobilenet_v3_large")
        #expect(try Explainer(graph, weights: weights).method == .gradcam)
        #expect(throws: GraftError.self) { try Explainer(graph, weights: weights, method: .cam) }
    }

    /// The tokens that go into the last block: behind it only the class token is read.
    @Test(arguments: [
        ("vit_tiny_patch16_224", Extent(height: 96, width: 160)), ("dinov2_vits14_reg", Extent(height: 56, width: 70)),
    ])
    func `maps of tokens equal pytorch-grad-cam's`(name: String, size: Extent) throws {
        let golden = try WeightFile(path: Fixtures.path("insight/heat.npz")).load()
        let backbone: any Backbone =
            name.hasPrefix("dino") ? try DINOv2(variant: name) : try VisionTransformer(variant: name)
        var options = Options()
        let graph = try Model(backbone: backbone, head: LinearHead(options: &options, for: backbone), outputs: 1000)
            .graph(imageSize: size)
        let weights = HashFill.weights(for: graph)
        let input = HashFill.input(height: size.height, width: size.width)
        for method in [Explainer.Method.gradcam, .layercam] {
            let explainer = try Explainer(graph, weights: weights, method: method, threads: 2)
            #expect(explainer.stage == "blocks.10")
            let found = try explainer.explain(input) { _ in [3, 700] }
            let expected = try #require(golden["\(name).\(method.rawValue)"])
            for (place, map) in found.maps.enumerated() {
                #expect(Self.error(of: map, expected, place) < 1e-5, "\(method) \(place)")
            }
        }
        #expect(try Explainer(graph, weights: weights).method == .gradcam)
        // Nothing behind the last block looks at the picture's tokens.
        #expect(throws: GraftError.self) { try Explainer(graph, weights: weights, stage: "norm") }
    }

    @Test func `a class activation map of averaged tokens adds up to the logit`() throws {
        let backbone = try VisionTransformer(variant: "vit_tiny_patch16_224")
        var options = Options()
        let graph = try Model(
            backbone: backbone, pooling: .avg, head: LinearHead(options: &options, for: backbone), outputs: 10
        ).graph(imageSize: Extent(64))
        let weights = HashFill.weights(for: graph)
        let explainer = try Explainer(graph, weights: weights, threads: 2)
        #expect(explainer.method == .cam && explainer.stage == "norm")
        let found = try explainer.explain(HashFill.input(height: 64, width: 64)) { _ in [7] }
        let bias = try #require(weights["head.bias"]).elements[7]
        let sum = found.maps[0].values.reduce(Double(bias)) { $0 + Double($1) }
        #expect(found.maps[0].rows == 4 && found.maps[0].columns == 4)
        #expect(abs(sum - Double(found.logits[7])) < 1e-4 * max(1, abs(sum)))
    }

    @Test func `classes and stages that are not there are refused`() throws {
        let (graph, weights) = try Self.graph("efficientnet_lite0")
        let input = HashFill.input(height: 160, width: 224)
        let explainer = try Explainer(graph, weights: weights, threads: 1)
        #expect(throws: GraftError.self) { try explainer.explain(input) { _ in [1000] } }
        #expect(throws: GraftError.self) { try Explainer(graph, weights: weights, stage: "features.9") }
        #expect(throws: GraftError.self) { try Explainer(graph, weights: weights, method: .layercam, stage: "pooled") }
        #expect(try Explainer(graph, weights: weights, method: .layercam).stage == "features.5")
    }

    /// A network that sees red: one convolution, so that the map is known.
    private struct RedSeer: Backbone {
        static let variants = ["red"]
        init() {}
        init(variant: String) throws(GraftError) { self.init() }
        var name: String { "red" }
        var preprocessing: Preprocessing {
            Preprocessing(
                resize: 72, crop: 64, interpolation: .bilinear, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])
        }
        @LayerBuilder var features: [any Layer] {
            Stage("map", Conv(2, kernel: 8, stride: 8, padding: .symmetric(0)))
        }

        static func weights() throws -> StateDict {
            // Red less the mean of green and blue, a cell of 8 x 8 at a time; the second channel the opposite.
            var filter: [Float] = []
            for sign in [Float(1), -1] {
                for channel in [Float(1), -0.5, -0.5] { filter += [Float](repeating: sign * channel / 64, count: 64) }
            }
            var state = StateDict()
            state["map.weight"] = try Tensor(shape: [2, 3, 8, 8], elements: filter)
            state["classifier.weight"] = try Tensor(shape: [2, 2], elements: [1, 0, 0, 1])
            state["classifier.bias"] = try Tensor(shape: [2], elements: [0, 0])
            return state
        }
    }

    /// The same as a transformer of one block: the class token asks for red, every patch's key and value say how red it is.
    private struct RedReader: Backbone {
        static let variants = ["red_reader"]
        init() {}
        init(variant: String) throws(GraftError) { self.init() }
        var name: String { "red_reader" }
        var preprocessing: Preprocessing { RedSeer().preprocessing }
        var pooling: Pooling { .token }
        var prefixTokens: Int { 2 }
        @LayerBuilder var features: [any Layer] {
            Stage("map", Conv(4, kernel: 8, stride: 8, padding: .symmetric(0)))
            Stage("tokens", TokenEmbedding(tokens: [.init("token"), .init("register", hasPosition: false)]))
            Stage("block") {
                Residual {
                    Dense(12).named("qkv")
                    Attention(heads: 1).named("qkv")
                    Dense(4).named("projection")
                }.named("")
            }
        }

        static func weights() throws -> StateDict {
            let seer = try RedSeer.weights()
            func matrix(_ rows: Int, _ ones: [(Int, Int)], factor: Float = 1) throws -> Tensor {
                var values = [Float](repeating: 0, count: rows * 4)
                for (row, column) in ones { values[row * 4 + column] = factor }
                return try Tensor(shape: [rows, 4], elements: values)
            }
            var state = StateDict()
            let red = try #require(seer["map.weight"]).elements
            state["map.weight"] = try Tensor(
                shape: [4, 3, 8, 8], elements: red + [Float](repeating: 0, count: 2 * 192))
            // Channel 2 marks the class token. Queries read it, keys and values read how red a patch is.
            state["tokens.token"] = try Tensor(shape: [1, 1, 4], elements: [0, 0, 1, 0])
            state["tokens.register"] = try Tensor(shape: [1, 1, 4], elements: [0, 0, 0, 0])
            state["block.qkv.weight"] = try matrix(12, [(0, 2), (4, 0), (8, 0), (9, 1)], factor: 2)
            state["block.qkv.bias"] = Tensor(shape: [12], repeating: 0)
            state["block.projection.weight"] = try matrix(4, [(0, 0), (1, 1)])
            state["block.projection.bias"] = Tensor(shape: [4], repeating: 0)
            state["classifier.weight"] = try matrix(2, [(0, 0), (1, 1)])
            state["classifier.bias"] = Tensor(shape: [2], repeating: 0)
            return state
        }
    }

    /// An object on a drawn scene, an eighth of the seen part away from two of its edges.
    private static func scene(
        _ size: (Int, Int), corner: Int, _ preprocessing: Preprocessing
    ) throws -> (picture: Picture, part: SeenPart, x: Double, y: Double) {
        let (width, height) = size
        let part = SeenPart(of: preprocessing, width: width, height: height)
        let x = part.left + part.width * (corner % 2 == 0 ? 0.125 : 0.875)
        let y = part.top + part.height * (corner / 2 == 0 ? 0.125 : 0.875)
        let radius = part.width / 12
        var pixels: [UInt8] = []
        for row in 0..<height {
            for column in 0..<width {
                let isObject = abs(Double(column) + 0.5 - x) < radius && abs(Double(row) + 0.5 - y) < radius
                pixels += isObject ? [230, 20, 20] : [90, 110, 100]
            }
        }
        return (try Picture(width: width, height: height, pixels: pixels), part, x, y)
    }

    @Test(arguments: [(96, 64), (72, 72)], [0, 1, 2, 3])
    func `tokens find an object in a corner`(size: (Int, Int), corner: Int) throws {
        let backbone = RedReader()
        var options = Options()
        let graph = try Model(backbone: backbone, head: LinearHead(options: &options, for: backbone), outputs: 2)
            .graph()
        let known = try RedReader.weights()
        var weights = StateDict()
        for parameter in graph.parameters {
            #expect(known[parameter.name]?.shape == parameter.shape)
            weights[parameter.name] = known[parameter.name]
        }
        let (picture, part, x, y) = try Self.scene(size, corner: corner, backbone.preprocessing)
        for method in [Explainer.Method.gradcam, .layercam] {
            let explainer = try Explainer(graph, weights: weights, method: method, threads: 1)
            #expect(explainer.stage == "tokens")
            let map = try explainer.explain(backbone.preprocessing.tensor(of: picture)) { _ in [0] }.maps[0]
            #expect((map.rows, map.columns) == (8, 8))
            let found = map.hottestPoint(in: part)
            let cell = part.width / Double(map.columns)
            #expect(abs(found.x - x) <= cell && abs(found.y - y) <= cell, "\(method) \(found) \(x) \(y)")
        }
    }

    @Test func `the map of a picture that was taken sideways lies on it as it is shown`() throws {
        let backbone = RedSeer()
        var options = Options()
        let graph = try Model(backbone: backbone, head: LinearHead(options: &options, for: backbone), outputs: 2)
            .graph()
        var weights = StateDict()
        let known = try RedSeer.weights()
        for parameter in graph.parameters { weights[parameter.name] = known[parameter.name] ?? known["map.weight"] }
        let (upright, part, x, y) = try Self.scene((96, 64), corner: 1, backbone.preprocessing)
        // Stored a quarter to the right, to be turned back: EXIF's 8.
        let exif: [UInt8] =
            Array("Exif\0\0II*\0".utf8) + [8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0]
        let stored = try Drawn.turned(upright).jpeg(quality: 95)
        let file = stored.prefix(2) + [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif + stored.dropFirst(2)
        let picture = try Picture(bytes: Array(file), name: "sideways.jpg")
        #expect((picture.width, picture.height) == (96, 64))
        let map = try Explainer(graph, weights: weights).explain(backbone.preprocessing.tensor(of: picture)) { _ in [0]
        }
        .maps[0]
        let found = map.hottestPoint(in: SeenPart(of: backbone.preprocessing, width: 96, height: 64))
        let cell = part.width / Double(map.columns)
        #expect(abs(found.x - x) <= cell && abs(found.y - y) <= cell)
    }

    @Test(arguments: [(96, 64), (64, 96), (301, 200), (72, 72)], [0, 1, 2, 3])
    func `an object in a corner is found there on the original picture`(size: (Int, Int), corner: Int) throws {
        let backbone = RedSeer()
        var options = Options()
        let model = try Model(backbone: backbone, head: LinearHead(options: &options, for: backbone), outputs: 2)
        let graph = try model.graph()
        var weights = StateDict()
        let known = try RedSeer.weights()
        for parameter in graph.parameters {
            weights[parameter.name] = known[parameter.name] ?? known["map.weight"]
        }
        let (width, height) = size
        let preprocessing = backbone.preprocessing
        let (picture, part, x, y) = try Self.scene(size, corner: corner, preprocessing)
        for method in Explainer.Method.allCases {
            let explainer = try Explainer(graph, weights: weights, method: method, threads: 1)
            let map = try explainer.explain(preprocessing.tensor(of: picture)) { _ in [0] }.maps[0]
            let found = map.hottestPoint(in: part)
            let cell = part.width / Double(map.columns)
            #expect(abs(found.x - x) <= cell && abs(found.y - y) <= cell, "\(method) \(found) \(x) \(y)")
        }
        // The overlay glows there and is dim elsewhere.
        let map = try Explainer(graph, weights: weights).explain(preprocessing.tensor(of: picture)) { _ in [0] }.maps[0]
        let overlay = try map.overlay(on: picture, part: part)
        #expect((overlay.width, overlay.height) == (width, height))
        let again = try Picture(bytes: PNGFile.bytes(of: overlay), name: "overlay.png")
        #expect(again == overlay)
        func brightness(_ x: Double, _ y: Double) -> Int {
            let index = (min(height - 1, Int(y)) * width + min(width - 1, Int(x))) * 3
            return overlay.pixels[index..<index + 3].reduce(0) { $0 + Int($1) }
        }
        #expect(brightness(x, y) > brightness(part.left + part.width / 2, part.top + part.height / 2) + 60)
    }

    @Test func `the check tells a map from a random one`() throws {
        let backbone = RedSeer()
        var options = Options()
        let graph = try Model(backbone: backbone, head: LinearHead(options: &options, for: backbone), outputs: 2)
            .graph()
        var weights = StateDict()
        let known = try RedSeer.weights()
        for parameter in graph.parameters { weights[parameter.name] = known[parameter.name] ?? known["map.weight"] }
        var input = Tensor(shape: [1, 64, 64, 3], repeating: 0)
        input.withElements { elements in
            for y in 8..<24 { for x in 40..<56 { elements[(y * 64 + x) * 3] = 40 } }
        }
        let plan = try InferencePlan(graph, weights: weights)
        let map = try Explainer(graph, weights: weights).explain(input) { _ in [0] }.maps[0]
        let check = try MapCheck(map, of: input) { (batch) throws(GraftError) in try plan.run(batch) }
        #expect(check.deletion < check.randomDeletion - 0.1)
        #expect(check.insertion > check.randomInsertion + 0.1)
    }
}
