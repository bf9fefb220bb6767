import Synchronization
package import Zoo

/// A graph prepared to run: batch normalisation folded, operations fused, weights packed for this processor, memory
/// planned.
///
/// A plan never changes. Several threads may run it at once; each run has memory of its own. The result is the same,
/// bit for bit, whatever the number of threads.
package struct InferencePlan: Sendable {
    /// The shape of one image without the batch: `[H, W, C]`, `[T, C]` or `[C]`.
    package let inputShape: [Int]
    /// The shape of one result without the batch.
    package let outputShape: [Int]
    /// Multiply-adds for one image.
    package let multiplyAdds: Int
    /// Bytes that one image alone moves to and from memory if no cache helps: the weights once, what every step reads
    /// and writes.
    package let memoryTraffic: Int

    /// The most threads that a run uses.
    package let threads: Int

    /// The layers that are computed in 8 bits, in order.
    package let byteLayers: [ByteLayer]

    let program: Program
    let workspaces: WorkspacePool
    let kernels: KernelSet

    /// - Parameters:
    ///   - weights: every parameter of the graph; more are ignored.
    ///   - imageSize: nil for the graph's own.
    ///   - threads: nil for `GRAFT_THREADS`, or else the number of processors.
    ///   - quantization: what is computed in 8 bits; nil for nothing.
    ///   - precision: of the rest.
    /// - Throws: `GraftError` for weights that are missing or of another shape, an image too small or too large for
    ///   the graph, a `GRAFT_ISA` or `GRAFT_THREADS` that makes no sense.
    package init(
        _ graph: Graph, weights: StateDict, imageSize: Extent? = nil, threads: Int? = nil,
        quantization: Quantization? = nil, precision: Precision = .float32
    ) throws(GraftError) {
        try self.init(
            graph, weights: weights, imageSize: imageSize, threads: threads, quantization: quantization,
            precision: precision, kernels: .chosen())
    }

    package init(
        _ graph: Graph, weights: StateDict, imageSize: Extent?, threads: Int?, quantization: Quantization? = nil,
        precision: Precision = .float32, kernels: KernelSet
    ) throws(GraftError) {
        var inputShape = graph.inputShape
        if let imageSize, inputShape.count == 3 { inputShape = [imageSize.height, imageSize.width, inputShape[2]] }
        guard inputShape.allSatisfy({ $0 <= Self.largestExtent }) else { throw Self.tooLarge(inputShape) }
        let shapes: [[Int]]
        do { shapes = try graph.shapes(input: inputShape) } catch { throw GraftError(.shapeMismatch, error) }
        // Room for rounding channels up and for a window's margins.
        guard shapes.allSatisfy({ Tensor.count(of: $0).map { $0 <= Self.largestValue } ?? false }) else {
            throw Self.tooLarge(inputShape)
        }
        var draft = try Draft(graph, shapes: shapes, weights: weights)
        let firstFloatNode = try precision.firstFloatNode(of: graph)
        Passes.apply(
            to: &draft, isInBytes: quantization != nil,
            boundary: quantization?.firstFloatNode(of: graph) ?? firstFloatNode)
        self.threads = try ThreadPool.count(threads)
        self.kernels = kernels
        self.inputShape = inputShape
        outputShape = shapes[shapes.count - 1]
        let choice = ByteChoice(graph, quantization, draft)
        program = Lowering.program(
            of: draft, choice, firstFloatNode: firstFloatNode, for: kernels,
            threads: self.threads)
        byteLayers = choice.layers(of: graph, draft)
        workspaces = WorkspacePool(program, threads: self.threads)
        multiplyAdds = program.steps.reduce(0) { $0 + $1.multiplyAdds }
        memoryTraffic =
            program.storage.bytes
            + program.steps.reduce(0) { $0 + $1.memoryAccesses } * MemoryLayout<Float>.stride
    }

    /// Far above any image: products of extents stay far below what an Int holds.
    private static let largestExtent = 1 << 20
    private static let largestValue = 1 << 31

    private static func tooLarge(_ shape: [Int]) -> GraftError {
        GraftError(
            .tooLarge, "the image is too large for this model", found: Tensor.describe(shape),
            remedy: "use a smaller image size")
    }

    /// Runs the graph on a batch.
    /// - Parameters:
    ///   - input: `[N, H, W, C]`, or `[N, C]` where the graph starts at features.
    ///   - threads: fewer than the plan's, for a run beside others; nil for the plan's.
    /// - Returns: `[N]` and `outputShape`.
    /// - Throws: `GraftError.shapeMismatch` for any other shape.
    package func run(_ input: Tensor, threads: Int? = nil) throws(GraftError) -> Tensor {
        try check(input)
        let threads = max(1, min(threads ?? self.threads, self.threads))
        let batch = input.shape[0]
        var result = Tensor(shape: [batch] + outputShape)
        let inputCount = inputShape.reduce(1, *), outputCount = outputShape.reduce(1, *)
        input.elements.withUnsafeBufferPointer { images in
            result.withElements { results in
                results.withUnsafeMutableBufferPointer { results in
                    guard let images = images.baseAddress, let results = results.baseAddress else { return }
                    run(
                        Batch(images: images, results: results, imageCount: inputCount, resultCount: outputCount),
                        of: batch, threads: threads)
                }
            }
        }
        return result
    }

    func check(_ input: Tensor) throws(GraftError) {
        guard Array(input.shape.dropFirst()) == inputShape, !input.shape.isEmpty else {
            throw GraftError(
                .shapeMismatch, "the input does not fit the plan", expected: "Nx\(Tensor.describe(inputShape))",
                found: Tensor.describe(input.shape), remedy: "make the plan with the image's size")
        }
    }

    /// As many images as go evenly are run by one thread each, which needs no waiting; the rest by all threads
    /// together.
    private func run(_ batch: Batch, of count: Int, threads: Int) {
        let alone = threads > 1 ? count / threads * threads : count
        let group = max(1, min(Self.group, alone / threads)), groups = (alone + group - 1) / group
        let next = Atomic<Int>(0)
        let workers = min(threads, groups)
        ThreadPool.shared.run(threads: workers) { thread in
            while ThreadPool.shared.keeps(thread, of: workers),
                case let index = next.add(1, ordering: .relaxed).oldValue, index < groups
            {
                run(batch, images: index * alone / groups..<(index + 1) * alone / groups)
            }
        }
        for image in alone..<count {
            workspaces.withWorkspaces(1) { workspaces in
                workspaces[0].run(
                    input: batch.image(image), output: batch.result(image), kernels: kernels, threads: threads)
            }
        }
    }

    /// The most images that a thread takes at a time.
    private static let group = 4

    /// Runs some images on this thread: image by image while those are large, then step by step, so that the weights of
    /// a step serve all images from the cache.
    private func run(_ batch: Batch, images: Range<Int>) {
        workspaces.withWorkspaces(images.count) { workspaces in
            let split = images.count > 1 ? program.firstLateStep : program.steps.count
            for steps in [0..<split] + (split..<program.steps.count).map({ $0..<$0 + 1 }) {
                for (image, workspace) in zip(images, workspaces) {
                    workspace.run(steps, input: batch.image(image), output: batch.result(image), kernels: kernels)
                }
            }
        }
    }
}

/// Where a batch's images and results lie.
private struct Batch: @unchecked Sendable {
    let images: UnsafePointer<Float>
    let results: UnsafeMutablePointer<Float>
    let imageCount: Int
    let resultCount: Int

    func image(_ index: Int) -> UnsafePointer<Float> { images + index * imageCount }
    func result(_ index: Int) -> UnsafeMutablePointer<Float> { results + index * resultCount }
}
