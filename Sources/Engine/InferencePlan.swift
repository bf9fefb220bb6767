public import Zoo

/// A graph prepared to run: batch normalisation folded, operations fused, weights packed for this processor, memory planned.
///
/// A plan never changes. Several threads may run it at once; each run has memory of its own. The result is the same, bit
/// for bit, whatever the number of threads.
public struct InferencePlan: Sendable {
    /// The shape of one image without the batch: `[H, W, C]`, or `[C]`.
    public let inputShape: [Int]
    /// The shape of one result without the batch.
    public let outputShape: [Int]
    /// Multiply-adds for one image.
    public let multiplyAdds: Int

    let program: Program
    let memory: MemoryPlan
    let kernels: KernelSet

    /// - Parameters:
    ///   - weights: every parameter of the graph; more are ignored.
    ///   - imageSize: nil for the graph's own.
    ///   - threads: nil for `GRAFT_THREADS`, or else the number of processors.
    /// - Throws: `EngineError` for weights that are missing or of another shape, an image that is too small for the graph,
    ///   a `GRAFT_ISA` or `GRAFT_THREADS` that makes no sense.
    public init(
        _ graph: Graph, weights: StateDict, imageSize: Extent? = nil, threads: Int? = nil
    ) throws(EngineError) {
        try self.init(graph, weights: weights, imageSize: imageSize, threads: threads, kernels: .chosen())
    }

    package init(
        _ graph: Graph, weights: StateDict, imageSize: Extent?, threads: Int?, kernels: KernelSet
    ) throws(EngineError) {
        var inputShape = graph.inputShape
        if let imageSize, inputShape.count == 3 { inputShape = [imageSize.height, imageSize.width, inputShape[2]] }
        let shapes: [[Int]]
        do { shapes = try graph.shapes(input: inputShape) } catch { throw EngineError(error) }
        var draft = try Draft(graph, shapes: shapes, weights: weights)
        Passes.apply(to: &draft)
        self.kernels = kernels
        self.inputShape = inputShape
        outputShape = shapes[shapes.count - 1]
        program = Lowering.program(of: draft, for: kernels)
        memory = MemoryPlan(program)
        multiplyAdds = program.steps.reduce(0) { $0 + $1.multiplyAdds }
    }

    /// Runs the graph on a batch.
    /// - Parameter input: `[N, H, W, C]`, or `[N, C]` where the graph starts at features.
    /// - Returns: `[N]` and `outputShape`.
    /// - Throws: `EngineError.shapeMismatch` for any other shape.
    public func run(_ input: Tensor) throws(EngineError) -> Tensor {
        guard Array(input.shape.dropFirst()) == inputShape, let batch = input.shape.first else {
            throw EngineError(
                .shapeMismatch, "the input does not fit the plan", expected: "Nx\(Tensor.describe(inputShape))",
                found: Tensor.describe(input.shape), remedy: "make the plan with the image's size")
        }
        var result = Tensor(shape: [batch] + outputShape)
        let inputCount = inputShape.reduce(1, *), outputCount = outputShape.reduce(1, *)
        let workspace = Workspace(program, memory: memory, threads: 1)
        input.elements.withUnsafeBufferPointer { images in
            result.withElements { results in
                results.withUnsafeMutableBufferPointer { results in
                    guard let images = images.baseAddress, let results = results.baseAddress else { return }
                    for image in 0..<batch {
                        workspace.bind(input: images + image * inputCount, output: results + image * outputCount)
                        let memory = workspace.memory(thread: 0, kernels: kernels)
                        for step in program.steps {
                            for tile in 0..<step.tiles { step.run(tile: tile, memory) }
                        }
                    }
                }
            }
        }
        return result
    }
}
