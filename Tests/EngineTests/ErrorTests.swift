import Engine
import Testing
import Zoo

@Suite struct EngineErrorTests {
    @Test func texts() throws {
        let graph = try graph([8, 8, 3]) { Conv(4, kernel: 3) }
        var weights = StateDict()
        var error = #expect(throws: GraftError.self) { try InferencePlan(graph, weights: weights) }
        #expect(error?.description == "0.weight: the weights lack a tensor: expected 4x3x3x3")
        weights["0.weight"] = Tensor(shape: [4, 3, 1, 1])
        error = #expect(throws: GraftError.self) { try InferencePlan(graph, weights: weights) }
        #expect(
            error?.description
                == "0.weight: a tensor has another shape than its layer: expected 4x3x3x3, found 4x3x1x1")
        weights["0.weight"] = Tensor(shape: [4, 3, 3, 3])
        let plan = try InferencePlan(graph, weights: weights)
        error = #expect(throws: GraftError.self) { try plan.run(Tensor(shape: [2, 8, 9, 3])) }
        #expect(
            error?.description
                == "the input does not fit the plan: expected Nx8x8x3, found 2x8x9x3; "
                + "make the plan with the image's size"
        )
        for size in [Extent(height: 1 << 40, width: 8), Extent(1 << 19)] {
            error = #expect(throws: GraftError.self) { try InferencePlan(graph, weights: weights, imageSize: size) }
            #expect(
                error?.description
                    == "the image is too large for this model: found \(size.height)x\(size.width)x3; "
                    + "use a smaller image size"
            )
        }
        error = #expect(throws: GraftError.self) {
            try InferencePlan(graph, weights: weights, imageSize: Extent(height: 0, width: 8))
        }
        #expect(error?.description == "the input does not fit the model: expected HxWx3, found 0x8x3")
        error = #expect(throws: GraftError.self) { try KernelSet.named("mmx") }
        let names = KernelSet.available.map(\.name).joined(separator: ", ")
        #expect(
            error?.description
                == "GRAFT_ISA: this processor cannot run that instruction set: expected \(names), found mmx; "
                + "unset GRAFT_ISA to use the best one"
        )
    }
}
