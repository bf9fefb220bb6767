import Testing
import Zoo

struct GraphBuilderTests {
    @Test func `positions name layers, and names replace positions`() throws {
        let wide = false
        let graph = try graph {
            Conv(4, kernel: 1, bias: true)
            Sequential {
                Norm()
                Activation.relu
            }
            if wide { Conv(9, kernel: 1) }
            for width in [5, 6] { Conv(width, kernel: 1) }
            Sequential { Conv(7, kernel: 1) }.named("tail.x")
        }
        #expect(graph.nodes.map(\.name) == ["input", "0", "1.0", "1.1", "2", "3", "tail.x.0"])
        #expect(
            graph.parameters.map(\.name) == [
                "0.weight", "0.bias", "1.0.weight", "1.0.bias", "1.0.running_mean", "1.0.running_var", "2.weight",
                "3.weight", "tail.x.0.weight",
            ])
        #expect(graph.parameters.map(\.shape)[...1] == [[4, 3, 1, 1], [4]])
        #expect(graph.parameterCount == 4 * 3 + 4 + 8 + 5 * 4 + 6 * 5 + 7 * 6)
    }

    @Test func `a shortcut's parameters follow those of the layers it passes`() throws {
        let graph = try graph {
            Residual(shortcut: Conv(4, kernel: 1).named("downsample")) {
                Conv(4, kernel: 3).named("conv1")
            }.named("block")
        }
        #expect(graph.parameters.map(\.name) == ["block.conv1.weight", "block.downsample.weight"])
        #expect(graph.nodes.map(\.inputs) == [[], [0], [0], [1, 2]])
    }

    @Test func `branches are named by position too`() throws {
        let graph = try graph {
            Concatenate {
                Conv(4, kernel: 1)
                Conv(4, kernel: 1).named("wide")
                Conv(4, kernel: 1)
            }
        }
        #expect(graph.parameters.map(\.name) == ["0.0.weight", "0.wide.weight", "0.2.weight"])
    }

    @Test func `a grouped convolution's weight has its group's inputs only`() throws {
        let graph = try graph {
            Conv(6, kernel: 1)
            Conv(12, kernel: Extent(height: 3, width: 5), groups: 3)
        }
        #expect(graph.parameters.map(\.shape) == [[6, 3, 1, 1], [12, 2, 3, 5]])
        #expect(try graph.shapes(input: [8, 8, 3]).last == [8, 8, 12])
    }

    @Test func `equal names are refused`() {
        #expect(
            message {
                try graph {
                    Conv(4, kernel: 1).named("a")
                    Conv(4, kernel: 1).named("a")
                }
            } == "a.weight: two layers have the same name; give one of them another with .named(…)")
        #expect(
            message {
                try graph {
                    Stage("a", Activation.relu)
                    Stage("a", Activation.relu)
                }
            } == "a: two stages have the same name")
    }

    @Test func `an output that layers follow is refused`() {
        #expect(
            message {
                var builder = GraphBuilder(inputShape: [8, 8, 3])
                let first = try Activation.relu.named("first").build(builder.input, in: &builder)
                _ = try Activation.relu.named("second").build(first, in: &builder)
                return try builder.graph(output: first)
            } == "second: the output is not the last layer; remove the layers that nothing reads")
    }

    @Test func `a model wants a sensible number of classes`() throws {
        for (outputs, text) in [(0, "0"), (-1, "-1"), (100_001, "100001")] {
            #expect(
                message { try Model(backbone: Tiny(variant: "tiny"), head: Plain(), outputs: outputs) }
                    == "head: a head cannot have that many classes: expected 1 to 100000, found \(text)")
        }
        #expect(
            message { try Model(backbone: Tiny(variant: "tiny"), head: Stubborn(), outputs: 3).graph() }
                == "head 'stubborn' does not answer one value a class: expected 3, found 7")
    }

    @Test(arguments: [(Pooling.avg, 8), (.max, 8), (.avgMax, 16), (.gem, 8)])
    func `every pooling gives features`(pooling: Pooling, features: Int) throws {
        let graph = try Model(backbone: Tiny(variant: "tiny"), pooling: pooling, head: Plain(), outputs: 3).graph()
        let (prefix, suffix) = try graph.cut(after: Model.pooledStage)
        #expect(try prefix.shapes(input: [20, 9, 3]).last == [features])
        #expect(suffix.parameters.map(\.shape) == [[3, features], [3]])
    }
}
