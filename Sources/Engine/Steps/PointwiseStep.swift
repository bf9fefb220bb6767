import CKernels
import Zoo

/// A matrix product over pixels: 1x1 convolutions at stride 1 and fully connected layers.
struct PointwiseStep: Step {
    let name: String
    let input: Operand
    let residual: Operand?
    /// One factor an input channel.
    let gate: Operand?
    let output: Operand
    let weights: PackedMatrix
    let activation: gk_activation
    /// The output is the mean over all pixels.
    let isPooled: Bool
    let lanes: Int

    init(
        name: String, input: Operand, residual: Operand?, gate: Operand?, output: Operand,
        convolution: ConvolutionWork, target: Target
    ) {
        self.name = name
        self.input = input
        self.residual = residual
        self.gate = gate
        self.output = output
        weights = PackedMatrix(convolution, for: target)
        activation = convolution.activation.kernel
        isPooled = convolution.isPooled
        lanes = target.kernels.lanes
    }

    var kind: String {
        (weights.isPaired ? "bf16 " : "")
            + (input.shape.pixels == 1 ? "linear" : isPooled ? "pointwise, pooled" : "pointwise")
    }
    var multiplyAdds: Int { input.shape.pixels * input.shape.channels * output.shape.channels }
    var memoryAccesses: Int { input.count + output.count }
    var reads: [Int] { [input, residual, gate].compactMap { $0?.value } }
    var writes: [Int] { [output.value] }

    /// Weights that a thread reads again for every block of rows stay in its second-level cache up to this.
    private static let cachedWeights = 65_536
    /// A tile with less to do is not worth the claiming.
    private static let leastMultiplyAdds = 1 << 20

    private var hasManyWeights: Bool { weights.depth * weights.vectors * lanes > Self.cachedWeights }

    /// Blocks of rows and of panels. Where one block of rows would leave threads idle or reads the weights too often,
    /// panels are split.
    private func split(threads: Int) -> (rows: Int, panels: Int) {
        let pixels = input.shape.pixels, panels = min(weights.panelCount, 4 * threads)
        if isPooled { return (1, threads == 1 ? 1 : panels) }
        if threads == 1 { return (1, 1) }
        let rows = min(4 * threads, pixels / 24)
        if rows >= 2 * threads {
            // A gate's or a rounded copy of the rows is made anew for every block of panels.
            if gate == nil, !weights.isPaired, hasManyWeights {
                return (threads, max(1, min(weights.panelCount, multiplyAdds / Self.leastMultiplyAdds / threads)))
            }
            return (max(threads, min(rows, multiplyAdds / Self.leastMultiplyAdds / threads * threads)), 1)
        }
        // Panels that the threads cannot share evenly are cut by rows, too.
        return (panels % threads == 0 ? 1 : max(1, min(threads, pixels / 16)), panels)
    }

    func tiles(threads: Int) -> Int {
        let (rows, panels) = split(threads: threads)
        return rows * panels
    }

    /// The most rows of a scaled or rounded copy of the input at a time: it should stay in the second-level cache.
    private static let copiedRows = 64

    /// Whether tiles scale the weights; otherwise their rows of the input. The two differ in the last bit, so it may
    /// not depend on how the work is cut.
    private var scalesWeights: Bool { !weights.isPaired && input.shape.pixels > 8 * weights.vectors * lanes }

    /// Floats of a row of the scaled input.
    private var scaledStride: Int { (input.shape.channels + lanes - 1) / lanes * lanes }
    /// Where pairs begin, behind the scaled rows.
    private var pairs: Int { gate == nil ? 0 : Self.copiedRows * scaledStride }

    var scratch: Int {
        if weights.isPaired { return pairs + Self.copiedRows * weights.depth }
        guard gate != nil else { return 0 }
        let columns = scalesWeights ? weights.vectors * lanes : 0
        return max(Self.copiedRows * scaledStride, columns * weights.depth)
    }

    func run(tile: Int, _ memory: StepMemory) {
        let (rowBlocks, panelBlocks) = split(threads: memory.threads)
        let rows = range(tile / panelBlocks, of: rowBlocks, in: input.shape.pixels)
        let panels = range(tile % panelBlocks, of: panelBlocks, in: weights.panelCount)
        let image = UnsafePointer(memory[input.value])
        guard gate != nil || weights.isPaired else {
            return product(image, input, rows, weights.panels, rows, panels, memory)
        }
        let factors = gate.map { UnsafePointer(memory[$0.value]) }
        if let factors, scalesWeights {
            let first = gk_panel_start(panels.lowerBound, weights.panelCount, weights.vectors)
            let start = first * lanes * weights.depth
            scaleWeights(panels, by: factors, to: memory.scratch, memory)
            // The kernel counts panels from the matrix's beginning.
            return product(image, input, rows, UnsafePointer(memory.scratch) - start, rows, panels, memory)
        }
        let blocks = (rows.count + Self.copiedRows - 1) / Self.copiedRows
        for block in 0..<blocks {
            let part =
                rows.lowerBound + block * rows.count / blocks..<rows.lowerBound + (block + 1) * rows.count / blocks
            guard let factors else {
                product(image, input, part, weights.panels, part, panels, memory)
                continue
            }
            let scaled = Operand(
                value: input.value, shape: Shape(height: 1, width: part.count, channels: input.shape.channels),
                stride: scaledStride)
            for index in 0..<input.blocks {
                var arguments = gk_binary()
                arguments.a = image + index * input.blockCount + part.lowerBound * input.stride
                arguments.a_stride = input.stride
                arguments.b = factors + index * input.stride
                arguments.out = memory.scratch + index * input.stride
                arguments.out_stride = scaled.stride
                arguments.pixels = part.count
                arguments.vectors = min(input.stride, scaledStride - index * input.stride) / lanes
                memory.kernels.pointee.multiply(&arguments)
            }
            product(UnsafePointer(memory.scratch), scaled, 0..<part.count, weights.panels, part, panels, memory)
        }
    }

    /// Copies panels with row k multiplied by factor k.
    private func scaleWeights(
        _ panels: Range<Int>, by factors: UnsafePointer<Float>, to scratch: UnsafeMutablePointer<Float>,
        _ memory: StepMemory
    ) {
        let start = gk_panel_start(panels.lowerBound, weights.panelCount, weights.vectors) * lanes * weights.depth
        for panel in panels {
            let first = gk_panel_start(panel, weights.panelCount, weights.vectors)
            let width = gk_panel_start(panel + 1, weights.panelCount, weights.vectors) - first
            let position = first * lanes * weights.depth
            memory.kernels.pointee.scale_rows(
                weights.panels + position, factors, scratch + position - start, weights.depth,
                width)
        }
    }

    /// Rows `rows` of `source` times panels, as the output's pixels `pixels`.
    private func product(
        _ image: UnsafePointer<Float>, _ source: Operand, _ rows: Range<Int>, _ matrix: UnsafePointer<Float>,
        _ pixels: Range<Int>, _ panels: Range<Int>, _ memory: StepMemory
    ) {
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: source.blocks) { segments in
            var arguments = weights.product(activation)
            arguments.segments = UnsafePointer(segments.baseAddress)
            if weights.isPaired {
                segments[0] = UnsafePointer(makePairs(image, source, rows, memory))
                arguments.segment_count = 1
                arguments.depth = weights.depth
                arguments.last_depth = weights.depth
                arguments.pixel_stride = weights.depth
            } else {
                for block in 0..<source.blocks {
                    segments[block] = image + block * source.blockCount + rows.lowerBound * source.stride
                }
                arguments.segment_count = source.blocks
                arguments.depth = source.blocks > 1 ? source.stride : weights.depth
                arguments.last_depth = source.lastChannels
                arguments.pixel_stride = source.stride
            }
            arguments.rows = pixels.count
            arguments.panels = matrix
            arguments.asks = hasManyWeights ? 1 : 0
            if isPooled {
                arguments.sums = memory[output.value]
                arguments.continues = pixels.lowerBound > 0 ? 1 : 0
                arguments.sum_scale = pixels.upperBound == input.shape.pixels ? 1 / Float(input.shape.pixels) : 1
            } else {
                arguments.out = memory[output.value] + pixels.lowerBound * output.stride
                arguments.out_stride = output.stride
            }
            if let residual {
                arguments.residual = UnsafePointer(memory[residual.value] + pixels.lowerBound * residual.stride)
                arguments.residual_stride = residual.stride
            }
            weights.run(
                &arguments, panels, isOneRow: input.shape.pixels == 1 && residual == nil && !isPooled, memory)
        }
    }

    /// Rounds rows of `source` to pairs, all channels in a row.
    private func makePairs(
        _ image: UnsafePointer<Float>, _ source: Operand, _ rows: Range<Int>, _ memory: StepMemory
    ) -> UnsafeMutablePointer<Float> {
        let start = memory.scratch + pairs
        for block in 0..<source.blocks {
            memory.pairKernels.pointee.round(
                image + block * source.blockCount + rows.lowerBound * source.stride, source.stride,
                start + block * source.stride / 2, weights.depth, rows.count,
                block + 1 < source.blocks ? source.stride : source.lastChannels)
        }
        return start
    }
}
