import Engine
import Graft
import Heads
import Images
import TestSupport
import Testing
import Zoo

/// Lite0's published weights on pictures, against timm's `tf_efficientnet_lite0` carrying the same.
struct PublishedWeightsTests {
    private static let pictures = ["chelsea", "coffee"]

    private let backbone: any Backbone
    private let entry: PretrainedEntry
    private let graph: Graph
    private let weights: StateDict
    private let golden: GoldenFile

    init() throws {
        let registry = try Registry.builtIn()
        backbone = try registry.backbone("efficientnet_lite0")
        entry = try backbone.pretrainedEntry("imagenet1k")
        var options = Options()
        graph = try Model(backbone: backbone, head: LinearHead(options: &options, for: backbone), outputs: 1000).graph()
        let bundled = try #require(registry.sources.first { $0.name == "bundled" })
        let (entry, backbone) = (entry, backbone)
        weights = try #require(try bundled.load(entry, of: backbone) { _ in }, "Lite0's weights are in weights/")
            .tensors
        golden = try GoldenFile("lite0_pictures")
    }

    @Test(arguments: pictures)
    func `every stage equals PyTorch on the same pixels`(picture: String) throws {
        let levels = try golden["\(picture).levels"]
        let pixels = levels.elements.map { ($0 / 255 - 0.5) / 0.5 }
        let input = try Tensor(shape: levels.shape, elements: pixels)
        for stage in graph.stages {
            let output = try InferencePlan(graph.prefix(through: stage.name), weights: weights).run(input)
            #expect(try golden.error(of: output, at: "\(picture).\(stage.name)") < 1e-5, "\(stage.name)")
        }
    }

    @Test(arguments: zip(pictures, ["Egyptian cat", "espresso"]))
    func `from the file to the name`(picture: String, name: String) throws {
        let file = try Picture(path: Fixtures.path("models/\(picture).jpg"))
        let input = try entry.preprocessing.tensor(of: file)
        let levels = try golden["\(picture).levels"].elements
        // JPEG decoders may differ by one level.
        let difference = zip(input.elements, levels).map { abs(($0 * 0.5 + 0.5) * 255 - $1) }.max()
        #expect(try #require(difference) < 1.01)
        let logits = try InferencePlan(graph, weights: weights).run(input)
        #expect(try golden.error(of: logits, at: "\(picture).logits") < 0.01)
        let best = try #require(logits.elements.indices.max { logits.elements[$0] < logits.elements[$1] })
        #expect(entry.classes[best] == name)
    }
}
