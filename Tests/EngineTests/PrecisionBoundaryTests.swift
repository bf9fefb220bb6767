import Engine
import TestSupport
import Testing
import Zoo

/// Where layers up to a stage compute in another precision, the whole is to the bit what the two parts are one after the
/// other: no step has layers of both, though the same network in one precision would have them in one.
@Suite struct PrecisionBoundaryTests {
    private enum Behind: CaseIterable {
        case depthwise, pooling
    }

    private static func network(_ behind: Behind) throws -> Graph {
        var builder = GraphBuilder(inputShape: [12, 13, 3])
        let frozen = try Sequential {
            Conv(24, kernel: 3, stride: 2)
            Norm()
            Activation.relu
            Conv(40, kernel: 1)
            Norm()
            Activation.relu
        }.build(builder.input, in: &builder)
        builder.endStage("frozen", at: frozen)
        var between = frozen
        if behind == .depthwise {
            between = try Sequential {
                Conv(40, kernel: 3, groups: 40).named("depthwise")
                Norm().named("norm")
                Activation.relu
            }.build(frozen, in: &builder)
        }
        let output = try Sequential {
            GlobalPool.average
            Flatten()
            Dense(5)
        }.build(between, in: &builder)
        return try builder.graph(output: output)
    }

    @Test(arguments: Behind.allCases)
    private func `bfloat16 ends where it should`(_ behind: Behind) throws {
        var random = Random(state: 8)
        let graph = try Self.network(behind), weights = random.weights(for: graph)
        let images = random.tensor([3] + graph.inputShape)
        let (prefix, suffix) = try graph.cut(after: "frozen")
        let features = try InferencePlan(prefix, weights: weights, precision: .bfloat16).run(images)
        let expected = try InferencePlan(suffix, weights: weights).run(features)
        let whole = try InferencePlan(graph, weights: weights, precision: .bfloat16Through("frozen")).run(images)
        #expect(whole == expected)
        #expect(try InferencePlan(graph, weights: weights).run(images) != expected)
    }

    @Test(arguments: Behind.allCases)
    private func `8 bits end where they should`(_ behind: Behind) throws {
        var random = Random(state: 9)
        let graph = try Self.network(behind), weights = random.weights(for: graph)
        let images = random.tensor([3] + graph.inputShape)
        let (prefix, suffix) = try graph.cut(after: "frozen")
        let all = try BytePlanTests.quantization(graph, weights, images)
        let features = try InferencePlan(prefix, weights: weights, quantization: all).run(images)
        let expected = try InferencePlan(suffix, weights: weights).run(features)
        let whole = try InferencePlan(
            graph, weights: weights, quantization: all.limited(to: prefix, of: graph)
        ).run(images)
        #expect(whole == expected)
        #expect(try InferencePlan(graph, weights: weights).run(images) != expected)
    }
}
