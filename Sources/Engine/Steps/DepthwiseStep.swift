import CKernels
import Zoo

/// A depthwise convolution, or one in groups as narrow as a vector, in tiles of channels and rows. Its input is an image in memory, or rows that it makes itself
/// with a pointwise convolution.
struct DepthwiseStep: Step, @unchecked Sendable {
    let name: String
    let input: Operand
    let output: Operand
    /// If wanted, each row's sum of every channel, `[height][output.stride]`.
    let sums: Operand?
    let geometry: Convolution
    let window: WindowGeometry
    /// `[chunk][tap][channel of the chunk]`: what a tile reads lies together. In groups, a tap is one of an input channel.
    let weights: UnsafePointer<Float>
    let bias: UnsafePointer<Float>
    let after: UnsafePointer<Float>?
    let activation: gk_activation
    /// One matrix a chunk of channels, nil where the input is in memory.
    let expand: UnsafePointer<PackedMatrix>?
    let expandActivation: gk_activation
    let lanes: Int
    /// Tiles along the channels, all but the last of `chunkVectors`.
    let chunks: Int
    let chunkVectors: Int
    /// Channels with their padding.
    let channels: Int

    /// The number of tiles along the channels: about 48 each, enough for whole panels and whole cache lines.
    static func chunks(vectors: Int, lanes: Int) -> Int { (vectors * lanes + 47) / 48 }

    /// Whether this step runs a convolution: depthwise, or in groups that the kernels have.
    static func takes(_ work: ConvolutionWork, lanes: Int) -> Bool {
        let geometry = work.geometry
        guard work.isPlain, geometry.inputs == geometry.outputs, geometry.groups > 1 else { return false }
        return geometry.isDepthwise
            || lanes % (geometry.inputs / geometry.groups) == 0 && geometry.kernel == 3 && geometry.dilation == 1
                && geometry.stride.width <= 2
    }

    init(
        name: String, input: Operand, output: Operand, sums: Operand?, convolution: ConvolutionWork,
        expand: ConvolutionWork?, target: Target
    ) {
        let kernels = target.kernels
        self.name = name
        self.input = input
        self.output = output
        self.sums = sums
        let geometry = convolution.geometry
        self.geometry = geometry
        activation = convolution.activation.kernel
        lanes = kernels.lanes
        window = WindowGeometry(
            kernel: geometry.kernel, stride: geometry.stride, dilation: geometry.dilation, padding: geometry.padding,
            input: Shape(height: input.shape.height, width: input.shape.width, channels: geometry.inputs),
            output: output.shape)
        let padding = kernels.padded(geometry.outputs), group = geometry.inputs / geometry.groups
        let across = geometry.kernel.width, taps = geometry.kernel.height * across
        channels = padding
        let vectors = padding / kernels.lanes
        let chunks = Self.chunks(vectors: vectors, lanes: kernels.lanes)
        let chunkVectors = (vectors + chunks - 1) / chunks, chunkChannels = chunkVectors * kernels.lanes
        let packed = target.storage.floats(padding: taps * group * padding)
        for channel in 0..<geometry.outputs {
            let first = channel / chunkChannels * chunkChannels
            let width = min(chunkChannels, padding - first)
            for input in 0..<group {
                for tap in 0..<taps {
                    let place = (tap / across * group + input) * across + tap % across
                    packed[first * taps * group + place * width + channel - first] = Float(
                        Double(convolution.weight[(channel * group + input) * taps + tap]) * convolution.scale[channel])
                }
            }
        }
        weights = UnsafePointer(packed)
        bias = UnsafePointer(target.storage.floats(convolution.bias.map { Float($0) }, padding: padding))
        after = convolution.after.map { UnsafePointer(target.storage.floats($0.map { Float($0) }, padding: padding)) }
        self.chunks = chunks
        self.chunkVectors = chunkVectors
        self.expand = expand.map { expand in
            target.storage.array(
                (0..<chunks).map { chunk in
                    let first = chunk * chunkVectors * kernels.lanes
                    let end = min(geometry.outputs, first + chunkVectors * kernels.lanes)
                    return PackedMatrix(expand, columns: first..<end, for: target)
                })
        }
        expandActivation = expand?.activation.kernel ?? GK_NONE
    }

    var kind: String {
        guard let expand else { return geometry.isDepthwise ? "depthwise" : "grouped" }
        return expand.pointee.isPaired ? "bf16 expand, depthwise" : "expand, depthwise"
    }
    var multiplyAdds: Int {
        output.shape.pixels * geometry.outputs * taps
            + (expand == nil ? 0 : input.shape.pixels * input.shape.channels * geometry.outputs)
    }
    /// Weights of an output channel.
    private var taps: Int { geometry.kernel.height * geometry.kernel.width * geometry.inputs / geometry.groups }
    /// Rows of the depthwise convolution's input, and behind them a row of pairs of which one is made.
    var scratch: Int {
        let pairs = expand.map { $0.pointee.isPaired ? $0.pointee.depth * input.shape.width : 0 } ?? 0
        return rows(of: chunkVectors * lanes).count + pairs
    }
    var memoryAccesses: Int { input.count + output.count }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] + (sums.map { [$0.value] } ?? []) }

    /// Whether the weights of the next channels are asked for in time: where a cache holds them all, asking costs more than it brings.
    private var asks: Bool { expand.map { $0.pointee.depth * channels > Self.cachedWeights } ?? false }
    private static let cachedWeights = 65_536

    private func rowBlocks(threads: Int) -> Int { window.rowBlocks(chunks: chunks, threads: threads) }

    func tiles(threads: Int) -> Int { chunks * rowBlocks(threads: threads) }

    private func rows(of channels: Int) -> PaddedRows {
        PaddedRows(
            window: window, inputStride: input.stride, stride: channels, channels: channels, slots: window.rowSpan)
    }

    func run(tile: Int, _ memory: StepMemory) {
        let chunk = tile % chunks, first = chunk * chunkVectors * lanes
        let width = min(chunkVectors * lanes, channels - first)
        let blocks = rowBlocks(threads: memory.threads)
        let rows = range(tile / chunks, of: blocks, in: output.shape.height)
        let source = self.rows(of: width)
        source.clearMargins(memory.scratch)
        let image = UnsafePointer(memory[input.value])
        let target = memory[output.value] + (output.blocks > 1 ? chunk * output.blockCount : first)
        let wanted = window.inputRows(rows)
        var made = wanted.lowerBound
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: geometry.kernel.height) { taps in
            var arguments = gk_depthwise()
            arguments.rows = UnsafePointer(taps.baseAddress)
            arguments.pixel_stride = source.stride
            arguments.weights = weights + first * self.taps
            arguments.weight_stride = width
            arguments.bias = bias + first
            arguments.after = after.map { $0 + first }
            arguments.out_stride = output.stride
            arguments.vectors = width / lanes
            arguments.width = output.shape.width
            arguments.kernel_height = geometry.kernel.height
            arguments.kernel_width = geometry.kernel.width
            arguments.stride = geometry.stride.width
            arguments.dilation = geometry.dilation.width
            arguments.group = geometry.inputs / geometry.groups
            arguments.activation = activation
            for row in rows {
                for needed in window.inputRows(row..<row + 1) where needed >= made {
                    if let expand {
                        let next = asks && chunk + 1 < chunks ? expand[chunk + 1] : nil
                        makeRow(needed, expand[chunk], image, to: source, memory) { arguments in
                            next?.ask(
                                part: needed - wanted.lowerBound, of: wanted.count, in: &arguments, lanes: lanes)
                        }
                    } else {
                        source.fill(needed, from: image + first, memory.scratch)
                    }
                    made = needed + 1
                }
                for tap in 0..<geometry.kernel.height { taps[tap] = source.row(row, tap: tap, memory.scratch) }
                arguments.out = target + row * output.shape.width * output.stride
                if let sums { arguments.sums = memory[sums.value] + row * sums.stride + first }
                if arguments.group == 1 {
                    memory.kernels.pointee.depthwise(&arguments)
                } else {
                    memory.kernels.pointee.grouped(&arguments)
                }
            }
        }
    }

    /// One row of the expanded image.
    private func makeRow(
        _ row: Int, _ matrix: PackedMatrix, _ image: UnsafePointer<Float>, to rows: PaddedRows, _ memory: StepMemory,
        asking: (inout gk_gemm) -> Void
    ) {
        let source = image + row * input.shape.width * input.stride
        var segment: UnsafePointer<Float>? = source
        if matrix.isPaired {
            let pairs = memory.scratch + rows.count
            memory.pairKernels.pointee.round(
                source, input.stride, pairs, matrix.depth, input.shape.width, input.shape.channels)
            segment = UnsafePointer(pairs)
        }
        withUnsafePointer(to: &segment) { segments in
            var arguments = matrix.product(expandActivation)
            arguments.segments = segments
            arguments.segment_count = 1
            arguments.depth = matrix.depth
            arguments.last_depth = arguments.depth
            arguments.pixel_stride = matrix.isPaired ? matrix.depth : input.stride
            arguments.rows = input.shape.width
            arguments.out = rows.slot(row, memory.scratch) + window.before.width * rows.stride
            arguments.out_stride = rows.stride
            asking(&arguments)
            matrix.run(&arguments, 0..<matrix.panelCount, memory)
        }
    }
}
