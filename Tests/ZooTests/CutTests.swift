import Testing
import Zoo

struct CutTests {
    private let graph: Graph

    init() throws {
        graph = try Model(backbone: Tiny(variant: "tiny"), head: Plain(), outputs: 3).graph()
    }

    @Test func `stages are the places to cut, the last one is the output`() {
        #expect(graph.stages.map(\.name) == ["stem", "body", "pooled", "logits"])
        #expect(graph.stages.last?.node == graph.nodes.count - 1)
    }

    @Test(arguments: ["stem", "body", "pooled"])
    func `the two parts are the whole`(stage: String) throws {
        let (prefix, suffix) = try graph.cut(after: stage)
        #expect(prefix.nodes.count + suffix.nodes.count == graph.nodes.count + 1)
        #expect(prefix.parameters + suffix.parameters == graph.parameters)
        #expect((prefix.stages + suffix.stages).map(\.name) == graph.stages.map(\.name))
        let shapes = try graph.shapes(input: [21, 14, 3])
        let front = try prefix.shapes(input: [21, 14, 3])
        let middle = try #require(front.last)
        #expect(front + (try suffix.shapes(input: middle)).dropFirst() == shapes)
        #expect(try graph.prefix(through: stage) == prefix)
        for node in suffix.nodes { #expect(node.inputs.allSatisfy { suffix.nodes.indices.contains($0) }) }
    }

    @Test func `the whole is a prefix, but leaves nothing to cut off`() throws {
        #expect(try graph.prefix(through: "logits") == graph)
        #expect(message { try graph.cut(after: "logits") } == "nothing follows stage 'logits'")
    }

    @Test func `unknown stages get the nearest name`() {
        #expect(message { try graph.cut(after: "poled") } == "unknown stage 'poled'; did you mean 'pooled'?")
        #expect(
            message { try graph.prefix(through: "conv5") }
                == "unknown stage 'conv5'; known: body, logits, pooled, stem")
    }

    @Test func `a cut that a later layer reads across is refused`() throws {
        let graph = try ZooTests.graph {
            Residual {
                Stage("inner", Conv(3, kernel: 1))
                Activation.relu
            }.named("block")
        }
        #expect(
            message { try graph.cut(after: "block.inner") }
                == "block: the graph cannot be cut after 'block.inner': a later layer reads from before it")
    }
}
