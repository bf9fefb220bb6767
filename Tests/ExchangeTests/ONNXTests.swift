import Engine
import Exchange
import Foundation
import ONNX
import TestSupport
import Testing
import Weights
import Zoo

/// ONNX files, without a runtime: the fixture is one that `make.py` beside it gave to ONNX's checker and to ONNX Runtime.
@Suite struct ONNXTests {
    /// Every operation, on a picture whose sides need unequal margins.
    private static func graph() throws -> Graph {
        var builder = GraphBuilder(inputShape: [12, 15, 3])
        let output = try Sequential {
            Conv(8, kernel: 3, stride: 2, padding: .same).named("stem")
            Norm(epsilon: 1e-3).named("norm")
            Activation.relu6.named("relu6")
            Residual(drop: 0.2) {
                Conv(8, kernel: Extent(height: 3, width: 5), groups: 8, bias: true).named("depthwise")
                Activation.silu.named("silu")
            }
            SqueezeExcite(squeezed: 4, gate: .hardSigmoid).named("squeeze")
            Pool.max(3, stride: 1, padding: 1).named("max")
            Pool.average(3, stride: 1, padding: 1, countsPadding: false).named("average")
            Pool.average(3, stride: 1, padding: 1).named("padded")
            Pool(.average(countsPadding: false), kernel: 3, stride: 2, padding: .same).named("same")
            Conv(12, kernel: 3, padding: .symmetric(2), dilation: 2).named("dilated")
            Activation.hardSwish.named("hardswish")
            Concatenate {
                GlobalPool.average
                GlobalPool.max
                GlobalPool.generalizedMean(power: 3)
            }
            Flatten()
            Dense(7).named("hidden")
            Activation.sigmoid.named("sigmoid")
            Normalize().named("normalize")
            Dense(5, hasUnitRows: true).named("cosine")
            Dense(10, bias: false).named("classifier")
            Dropout(0.5).named("dropout")
            NeighbourVotes(pictures: 10, outputs: 3, count: 4, temperature: 0.5).named("votes")
        }.build(builder.input, in: &builder)
        return try builder.graph(output: output)
    }

    @Test func everyOperationIsWrittenAsTheCheckedFixture() throws {
        let graph = try Self.graph()
        let model = try ONNXModel(
            graph, weights: HashFill.weights(for: graph), metadata: ["b": "2", "a": "ü"], name: "every_operation")
        let bytes = try model.bytes()
        let fixture = URL(fileURLWithPath: Fixtures.path("exchange/every_operation.onnx"))
        if ProcessInfo.processInfo.environment["GRAFT_RECORD"] == "1" { try Data(bytes).write(to: fixture) }
        #expect(bytes == [UInt8](try Data(contentsOf: fixture)))
    }

    @Test func theRuntimeAnswersAsTheEngine() throws {
        let graph = try Self.graph()
        let plan = try InferencePlan(graph, weights: HashFill.weights(for: graph))
        let expected = try #require(
            try WeightFile(path: Fixtures.path("exchange/every_operation.npz")).load()["logits"])
        #expect(expected.shape == [2, 3])
        for (row, name) in ["first", "second"].enumerated() {
            let logits = try plan.run(HashFill.input(height: 12, width: 15, name: name)).elements
            for (index, logit) in logits.enumerated() {
                #expect((logit - expected.elements[row * 3 + index]).magnitude < 2e-6)
            }
        }
    }

    @Test func weightsThatDoNotFitAreRefused() throws {
        let graph = try Self.graph()
        var weights = HashFill.weights(for: graph)
        weights["hidden.bias"] = Tensor(shape: [6])
        let wrong = weights
        #expect(throws: GraftError.self) { try ONNXModel(graph, weights: wrong) }
        weights["hidden.bias"] = nil
        let missing = weights
        do {
            _ = try ONNXModel(graph, weights: missing)
            Issue.record("no error")
        } catch {
            #expect("\(error)" == "hidden.bias: the weights do not fit the model: expected 7, found none")
        }
    }

    /// Graft does not read them, and says what they are.
    @Test func anONNXFileIsRecognised() throws {
        let desk = try Desk()
        try PortableModel("tiny", registry: desk.registry).write(to: desk.file("tiny.onnx"))
        #expect(
            desk.line { _ = try WeightFile(path: desk.file("tiny.onnx")) }
                == "tiny.onnx: not a file of weights: expected an .npz, a PyTorch checkpoint (.pth, .pt) or a "
                + ".safetensors file, found an ONNX model, which runs elsewhere and is not read back")
    }
}
