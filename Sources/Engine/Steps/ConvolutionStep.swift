import CKernels
import Zoo

/// A convolution with any kernel, stride, dilation and groups, as a matrix product whose rows are read where they are:
/// a segment a kernel row (or tap), nothing is unrolled in memory. Rows are copied once a tile to give them margins.
struct ConvolutionStep: Step, @unchecked Sendable {
    let name: String
    let input: Operand
    let residual: Operand?
    let output: Operand
    let geometry: Convolution
    let window: WindowGeometry
    /// One a group.
    let weights: UnsafePointer<PackedMatrix>
    let activation: gk_activation
    /// Nil where rows can be read in the image itself.
    let padded: PaddedRows?
    /// Zeros in place of rows above and below the image, where nothing is copied.
    let zeros: UnsafePointer<Float>
    /// At least.
    let leastRowBlocks: Int
    let panelBlocks: Int
    /// Output channels of a group that are written of its last vector; 0 for all.
    let tail: Int
    let lanes: Int

    init(
        name: String, input: Operand, residual: Operand?, output: Operand, convolution: ConvolutionWork,
        target: Target
    ) {
        let kernels = target.kernels
        self.name = name
        self.input = input
        self.residual = residual
        self.output = output
        lanes = kernels.lanes
        let geometry = convolution.geometry
        self.geometry = geometry
        activation = convolution.activation.kernel
        let window = WindowGeometry(
            kernel: geometry.kernel, stride: geometry.stride, dilation: geometry.dilation, padding: geometry.padding,
            input: input.shape, output: output.shape)
        self.window = window
        weights = target.storage.array(
            (0..<geometry.groups).map { PackedMatrix(convolution, group: $0, for: target) })
        tail = geometry.groups > 1 ? geometry.outputs / geometry.groups % kernels.lanes : 0

        // A tile's rows and their margins should stay in the second-level cache.
        let rowFloats = max(1, window.span * geometry.inputs)
        let fitting = max(1, (65_536 / rowFloats - window.rowSpan) / geometry.stride.height)
        let blockRows = max(1, min(fitting, (output.shape.height + 7) / 8))
        let manyWeights = weights[0].depth * weights[0].vectors * kernels.lanes > 131_072
        let panelSplit = geometry.groups == 1 && (manyWeights || output.shape.height < 8)
        panelBlocks = panelSplit ? min(8, weights[0].panelCount) : 1
        leastRowBlocks =
            panelSplit
            ? (output.shape.height + fitting - 1) / fitting : (output.shape.height + blockRows - 1) / blockRows
        let tallest = (output.shape.height + leastRowBlocks - 1) / leastRowBlocks
        let isPaired = weights[0].isPaired
        let stride = isPaired ? (geometry.inputs + 1) / 2 : geometry.inputs
        padded =
            window.readsWithinRow && !isPaired
            ? nil
            : PaddedRows(
                window: window, inputStride: input.stride, stride: stride, channels: geometry.inputs,
                slots: min(input.shape.height, (tallest - 1) * geometry.stride.height + window.rowSpan))
        zeros = UnsafePointer(target.storage.floats(padding: padded == nil ? window.span * input.stride : 0))
    }

    var kind: String { weights.pointee.isPaired ? "bf16 convolution" : "convolution" }
    var multiplyAdds: Int {
        let taps = geometry.kernel.height * geometry.kernel.width
        return output.shape.pixels * geometry.outputs * taps * geometry.inputs / geometry.groups
    }
    /// As many that the threads have as many tiles each.
    private func rowBlocks(threads: Int) -> Int {
        if leastRowBlocks * panelBlocks % threads == 0 { return leastRowBlocks }
        return min(output.shape.height, (leastRowBlocks + threads - 1) / threads * threads)
    }

    func tiles(threads: Int) -> Int { rowBlocks(threads: threads) * panelBlocks }
    var scratch: Int { padded?.count ?? 0 }
    var memoryAccesses: Int { input.count + output.count }
    var reads: [Int] { [input.value] + (residual.map { [$0.value] } ?? []) }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let rows = range(tile / panelBlocks, of: rowBlocks(threads: memory.threads), in: output.shape.height)
        let image = UnsafePointer(memory[input.value])
        if let padded {
            padded.clearMargins(memory.scratch)
            for row in window.inputRows(rows) {
                if weights.pointee.isPaired {
                    padded.fillPairs(row, from: image, memory)
                } else {
                    padded.fill(row, from: image, memory.scratch)
                }
            }
        }
        for group in 0..<geometry.groups {
            let matrix = weights[group]
            let panels = range(tile % panelBlocks, of: panelBlocks, in: matrix.panelCount)
            for panel in panels {
                for row in rows {
                    product(
                        matrix, group, row, panel..<panel + 1, padded, memory.scratch, image, to: place(row, memory),
                        memory)
                }
            }
        }
    }

    /// Where a row of the output lies.
    func place(_ row: Int, _ memory: StepMemory) -> UnsafeMutablePointer<Float> {
        memory[output.value] + row * output.shape.width * output.stride
    }

    /// A row of the output.
    /// - Parameters:
    ///   - padded: the input's rows in `scratch`; nil for those of `image`.
    ///   - target: `output.stride` floats a pixel.
    func product(
        _ matrix: PackedMatrix, _ group: Int, _ row: Int, _ panels: Range<Int>, _ padded: PaddedRows?,
        _ scratch: UnsafeMutablePointer<Float>, _ image: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>,
        _ memory: StepMemory
    ) {
        let stride = padded?.stride ?? input.stride
        let depth = matrix.depth / (geometry.kernel.height * geometry.kernel.width)
        // Taps that lie side by side are one segment.
        let merged = stride == depth && geometry.dilation.width == 1
        let columns = merged ? 1 : geometry.kernel.width
        let count = geometry.kernel.height * columns
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: count) { segments in
            for tap in 0..<geometry.kernel.height {
                let start: UnsafePointer<Float>
                if let padded {
                    start = padded.row(row, tap: tap, scratch)
                } else if let inside = window.inputRow(row, tap: tap) {
                    start = image + inside * input.shape.width * input.stride
                } else {
                    start = zeros
                }
                for column in 0..<columns {
                    segments[tap * columns + column] = start + column * geometry.dilation.width * stride + group * depth
                }
            }
            var arguments = matrix.product(activation)
            arguments.segments = UnsafePointer(segments.baseAddress)
            arguments.segment_count = count
            arguments.depth = merged ? geometry.kernel.width * depth : depth
            arguments.last_depth = arguments.depth
            arguments.pixel_stride = geometry.stride.width * stride
            arguments.rows = output.shape.width
            arguments.out = target + group * (geometry.outputs / geometry.groups)
            arguments.out_stride = output.stride
            if let residual {
                arguments.residual = UnsafePointer(memory[residual.value] + row * output.shape.width * residual.stride)
                arguments.residual_stride = residual.stride
            }
            arguments.tail = tail
            matrix.run(&arguments, panels, memory)
        }
    }
}
