import Engine
import Graft
import TestSupport
import Testing
import Zoo

/// A classifier that answers at every position before the pooling: SqueezeNet's.
struct PublishedPoolingTests {
    private let registry: Registry
    private let backbone: any Backbone

    init() throws {
        registry = try Registry.builtIn()
        backbone = try registry.backbone("squeezenet1_1")
    }

    private func model(_ pooling: Pooling?, head: String = "linear", classes: Int = 5) throws -> Model {
        try Model(
            backbone: backbone, pooling: pooling,
            head: registry.head(head, options: Options(), for: backbone), classes: classes)
    }

    @Test func `what is before the head, then the head, answer as the whole does`() throws {
        let graph = try model(.positions).graph(imageSize: 64)
        let weights = HashFill.weights(for: graph)
        let (prefix, suffix) = try graph.cut(after: Model.pooledStage)
        #expect(suffix.inputShape == [3, 3, 512])
        #expect(suffix.parameters.map(\.shape) == [[5, 512, 1, 1], [5]])
        let input = HashFill.input(height: 64, width: 64)
        let features = try InferencePlan(prefix, weights: weights).run(input)
        let answers = try InferencePlan(suffix, weights: weights).run(features)
        #expect(try InferencePlan(graph, weights: weights).run(input) == answers)
        #expect(answers.elements.allSatisfy { $0 >= 0 } && Set(answers.elements).count > 2)
    }

    @Test func `a new head reads one vector, and so does who asks for features`() throws {
        #expect(try model(nil).pooling == .avg)
        #expect(try model(nil).graph().cut(after: Model.pooledStage).suffix.inputShape == [512])
        let features = try model(.positions).featureGraph(imageSize: 64)
        #expect(try features.shapes(input: features.inputShape).last == [512])
        #expect(
            features.parameters
                == (try model(.positions).graph(imageSize: 64).prefix(through: Model.pooledStage).parameters))
    }

    @Test(arguments: ["avg", "token", "token+avg"])
    func `features of length 1 are the others divided by their length`(name: String) throws {
        let backbone = try registry.backbone("vit_tiny_patch16_224")
        func features(_ name: String) throws -> [Float] {
            let pooling = try #require(Pooling(rawValue: name))
            let model = try Model(
                backbone: backbone, pooling: pooling, head: registry.head("linear", options: Options(), for: backbone),
                classes: 2)
            let prefix = try model.featureGraph(imageSize: 32)
            return try InferencePlan(prefix, weights: HashFill.weights(for: prefix))
                .run(HashFill.input(height: 32, width: 32)).elements
        }
        let plain = try features(name), unit = try features("\(name)+l2")
        let length = plain.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        #expect(length > 1.5)
        #expect(plain.count == unit.count)
        #expect(zip(plain, unit).allSatisfy { abs(Double($0) / length - Double($1)) < 1e-6 })
    }

    @Test func `heads that are made of vectors, and backbones without a map, are refused`() throws {
        #expect(
            message { try model(.positions, head: "logistic") }
                == "pooling: head 'logistic' is made of one vector a picture: expected avg, max, avg+max, gem, token, "
                + "token+avg, avg+l2, token+l2, token+avg+l2, found positions")
        let tokens = try registry.backbone("vit_tiny_patch16_224")
        let head = try registry.head("linear", options: Options(), for: tokens)
        #expect(
            message { try Model(backbone: tokens, pooling: .positions, head: head, outputs: 2).graph() }
                == "pooling: the backbone has no map: expected avg, max, avg+max, gem, token, token+avg, "
                + "avg+l2, token+l2, token+avg+l2, found positions"
        )
    }

    private func message(_ body: () throws -> some Any) -> String {
        do { return "no error: \(try body())" } catch { return "\(error)" }
    }
}
