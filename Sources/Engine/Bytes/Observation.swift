import Synchronization
package import Zoo

/// What is known of a node's values.
package struct ValueStatistics: Sendable {
    package var histogram = Histogram()
    /// By channel, the mean over all pixels and images.
    package var means: [Double] = []
}

/// Runs a graph in float32 with every value seen, and keeps what ranges and corrections are found by. Batch norms are folded, so
/// that a convolution's values are those behind its batch norm.
package struct Observation: Sendable {
    /// By node; nil for those whose values are not seen.
    package let statistics: [ValueStatistics?]
    /// `[N]` and the graph's output.
    package let output: Tensor

    /// - Parameter images: `[N, H, W, C]`
    /// - Throws: `GraftError` as `InferencePlan`.
    package init(
        of graph: Graph, weights: StateDict, images: Tensor, threads: Int? = nil
    ) throws(GraftError) {
        let inputShape = Array(images.shape.dropFirst())
        let shapes: [[Int]]
        do { shapes = try graph.shapes(input: inputShape) } catch { throw GraftError(.shapeMismatch, error) }
        var draft = try Draft(graph, shapes: shapes, weights: weights)
        Passes.removeIdentities(&draft)
        Passes.foldBatchNorm(&draft)
        let threads = try ThreadPool.count(threads), kernels = try KernelSet.chosen()
        let (program, made) = Lowering.observed(draft, for: kernels, threads: threads)
        let memory = MemoryPlan(program)
        let count = images.shape[0], imageCount = inputShape.reduce(1, *)
        let outputShape = shapes[shapes.count - 1], outputCount = outputShape.reduce(1, *)
        var result = Tensor(shape: [count] + outputShape)
        let next = Atomic<Int>(0)
        let nodes = graph.nodes.count
        let all = Mutex<(histograms: [Histogram?], sums: [Int: [Int: [Double]]])>(
            ([Histogram?](repeating: nil, count: nodes), [:]))
        images.elements.withUnsafeBufferPointer { images in
            result.withElements { results in
                results.withUnsafeMutableBufferPointer { results in
                    guard let images = images.baseAddress, let results = results.baseAddress else { return }
                    nonisolated(unsafe) let (source, target) = (images, results)
                    ThreadPool.shared.run(threads: min(threads, count)) { _ in
                        let workspace = Workspace(program, memory: memory, threads: 1)
                        var histograms = [Histogram](repeating: Histogram(), count: nodes)
                        var sums: [Int: [Int: [Double]]] = [:]
                        func see(_ node: Int, _ operand: Operand, _ values: UnsafePointer<Float>, image: Int) {
                            let channels = operand.shape.channels
                            var channelSums = [Double](repeating: 0, count: channels)
                            for block in 0..<operand.blocks {
                                let width = min(operand.stride, channels - block * operand.stride)
                                let start = values + block * operand.blockCount
                                if width == operand.stride {
                                    histograms[node].add(
                                        UnsafeBufferPointer(start: start, count: operand.shape.pixels * width))
                                }
                                for pixel in 0..<operand.shape.pixels {
                                    let row = UnsafeBufferPointer(start: start + pixel * operand.stride, count: width)
                                    if width < operand.stride { histograms[node].add(row) }
                                    for channel in 0..<width {
                                        channelSums[block * operand.stride + channel] += Double(row[channel])
                                    }
                                }
                            }
                            sums[image, default: [:]][node] = channelSums.map { $0 / Double(operand.shape.pixels) }
                        }
                        while case let image = next.add(1, ordering: .relaxed).oldValue, image < count {
                            let input = source + image * imageCount
                            let shape = Shape(inputShape)
                            see(0, Operand(value: 0, shape: shape, stride: shape.channels), input, image: image)
                            for step in program.steps.indices {
                                workspace.run(
                                    step..<step + 1, input: input, output: target + image * outputCount,
                                    kernels: kernels)
                                if let seen = made[step] {
                                    see(seen.node, seen.output, workspace.address(of: seen.output), image: image)
                                }
                            }
                        }
                        all.withLock { all in
                            for (node, histogram) in histograms.enumerated() where histogram.least <= histogram.most {
                                if all.histograms[node] == nil {
                                    all.histograms[node] = histogram
                                } else {
                                    all.histograms[node]?.add(histogram)
                                }
                            }
                            all.sums.merge(sums) { $1 }
                        }
                    }
                }
            }
        }
        let (histograms, sums) = all.withLock { ($0.histograms, $0.sums) }
        statistics = graph.nodes.indices.map { node in
            guard let histogram = histograms[node] else { return nil }
            // In the images' order, whoever saw them.
            var means = [Double](repeating: 0, count: sums[0]?[node]?.count ?? 0)
            for image in 0..<count {
                for (channel, mean) in (sums[image]?[node] ?? []).enumerated() {
                    means[channel] += mean / Double(count)
                }
            }
            return ValueStatistics(histogram: histogram, means: means)
        }
        output = result
    }
}
