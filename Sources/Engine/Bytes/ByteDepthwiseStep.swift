import CKernels
import Zoo

/// A depthwise convolution of bytes in tiles of 64 channels and some rows; see `DepthwiseStep`. Its input is an image in memory,
/// or rows that it makes itself with a pointwise convolution.
struct ByteDepthwiseStep: Step, @unchecked Sendable {
    let name: String
    let input: Operand
    let output: Operand
    /// If wanted, each row's sum of every channel in 32 bits, `[height][channels]` in whole chunks.
    let sums: Operand?
    let geometry: Convolution
    let window: WindowGeometry
    let function: ByteFunction
    /// What a chunk's convolution reads.
    let chunks: UnsafePointer<Chunk>
    let chunkCount: Int
    let expansion: ByteFunction?
    let zero: UInt8
    let groups: Int

    /// The constants of 64 channels.
    struct Chunk: BitwiseCopyable {
        let weights: UnsafePointer<Int8>
        let bias: UnsafePointer<Int32>
        let multipliers: UnsafePointer<Float>
        /// nil where the input is in memory.
        let expand: ByteMatrix?
    }

    /// Channels of a tile: whole groups on every instruction set.
    static let width = 64

    /// - Parameters:
    ///   - range: of the depthwise convolution's input, which is that of `expansion` where there is one.
    ///   - expand: the pointwise convolution, what its input's bytes stand for, and what it makes of its sums.
    init(
        name: String, input: Operand, output: Operand, sums: Operand?, range: ByteRange, function: ByteFunction,
        convolution: ConvolutionWork, expand: (work: ConvolutionWork, range: ByteRange, function: ByteFunction)?,
        target: Target
    ) {
        self.name = name
        self.input = input
        self.output = output
        self.sums = sums
        self.function = function
        let geometry = convolution.geometry
        self.geometry = geometry
        window = WindowGeometry(
            kernel: geometry.kernel, stride: geometry.stride, dilation: geometry.dilation, padding: geometry.padding,
            input: Shape(height: input.shape.height, width: input.shape.width, channels: geometry.inputs),
            output: output.shape)
        expansion = expand?.function
        zero = range.zero
        groups = Self.width / (4 * target.bytes.lanes)
        chunkCount = (geometry.outputs + Self.width - 1) / Self.width
        let scaling = ByteScaling(input: range, output: function.made)
        chunks = target.storage.array(
            (0..<chunkCount).map { chunk in
                let columns = chunk * Self.width..<min(geometry.outputs, (chunk + 1) * Self.width)
                return Self.chunk(
                    convolution, columns, scaling,
                    expand: expand.map {
                        ByteMatrix(
                            $0.work, columns: columns, segments: [Array(0..<$0.work.geometry.inputs)],
                            ByteScaling(input: $0.range, output: $0.function.made), for: target)
                    }, target)
            })
    }

    private static func chunk(
        _ convolution: ConvolutionWork, _ columns: Range<Int>, _ scaling: ByteScaling, expand: ByteMatrix?,
        _ target: Target
    ) -> Chunk {
        let geometry = convolution.geometry, lanes = target.bytes.lanes
        let quads = gk_byte_quads(geometry.kernel.width, geometry.stride.width, geometry.dilation.width)
        let variants = gk_byte_variants(geometry.stride.width, geometry.dilation.width)
        let alone = geometry.dilation.width != 1 || geometry.stride.width > 2
        let taps = geometry.kernel.height * geometry.kernel.width
        let count = geometry.kernel.height * quads * variants * 4 * width
        let weights = target.storage.allocate(Int8.self, count: count)
        weights.initialize(repeating: 0, count: count)
        let bias = target.storage.allocate(Int32.self, count: width)
        let multipliers = target.storage.allocate(Float.self, count: width)
        let channels = ByteChannels(convolution, columns: columns, scaling)
        let size = count / (width / (4 * lanes))
        for place in 0..<width {
            let group = place / (4 * lanes), vector = place / lanes % 4, lane = place % lanes
            let column = group * 4 * lanes + gk_byte_column(vector, lane, 4)
            bias[place] = column < columns.count ? channels.biases[column] : 0
            multipliers[place] = column < columns.count ? channels.multipliers[column] : 0
            guard column < columns.count else { continue }
            for row in 0..<geometry.kernel.height {
                for tap in 0..<geometry.kernel.width {
                    let weight = channels.weights[column * taps + row * geometry.kernel.width + tap]
                    for variant in 0..<variants {
                        let at = alone ? 4 * tap : tap + variant
                        let block = (row * quads + at / 4) * variants + variant
                        weights[group * size + ((block * 4 + vector) * lanes + lane) * 4 + at % 4] = weight
                    }
                }
            }
        }
        return Chunk(
            weights: UnsafePointer(weights), bias: UnsafePointer(bias), multipliers: UnsafePointer(multipliers),
            expand: expand)
    }

    var kind: String { expansion == nil ? "int8 depthwise" : "int8 expand, depthwise" }
    var multiplyAdds: Int {
        output.shape.pixels * geometry.outputs * geometry.kernel.height * geometry.kernel.width
            + (expansion == nil ? 0 : input.shape.pixels * input.shape.channels * geometry.outputs)
    }
    private var rows: ByteRows { ByteRows(window: window, stride: Self.width, slots: window.rowSpan, zero: zero) }
    var scratch: Int { (rows.count + 3) / 4 }
    var memoryAccesses: Int { (input.count + output.count) / 4 }
    var isSmall: Bool { multiplyAdds / 4 + memoryAccesses < 150_000 }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] + (sums.map { [$0.value] } ?? []) }

    private func rowBlocks(threads: Int) -> Int { window.rowBlocks(chunks: chunkCount, threads: threads) }

    func tiles(threads: Int) -> Int { chunkCount * rowBlocks(threads: threads) }

    func run(tile: Int, _ memory: StepMemory) {
        let index = tile % chunkCount, first = index * Self.width, chunk = chunks[index]
        let outputRows = range(tile / chunkCount, of: rowBlocks(threads: memory.threads), in: output.shape.height)
        let source = rows, scratch = memory.byteScratch
        source.clearMargins(scratch)
        let image = UnsafePointer(memory.bytes(input.value))
        let target = memory.bytes(output.value) + (output.blocks > 1 ? index * output.blockCount : first)
        var made = window.inputRows(outputRows).lowerBound
        withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: geometry.kernel.height) { taps in
            var arguments = gk_byte_depthwise()
            arguments.rows = UnsafePointer(taps.baseAddress)
            arguments.pixel_stride = source.stride
            arguments.weights = chunk.weights
            arguments.bias = chunk.bias
            arguments.multiplier = chunk.multipliers
            arguments.out_stride = output.stride
            arguments.zero = Int(function.made.zero)
            arguments.table = function.table
            arguments.groups = groups
            arguments.width = output.shape.width
            arguments.kernel_height = geometry.kernel.height
            arguments.kernel_width = geometry.kernel.width
            arguments.stride = geometry.stride.width
            arguments.dilation = geometry.dilation.width
            for row in outputRows {
                for needed in window.inputRows(row..<row + 1) where needed >= made {
                    if let expand = chunk.expand {
                        makeRow(needed, expand, image, to: source, memory)
                    } else {
                        source.fill(needed, from: image + first, pixelStride: input.stride, scratch)
                    }
                    made = needed + 1
                }
                for tap in 0..<geometry.kernel.height { taps[tap] = source.row(row, tap: tap, scratch) }
                arguments.out = target + row * output.shape.width * output.stride
                if let sums {
                    arguments.sums =
                        UnsafeMutableRawPointer(memory[sums.value]).assumingMemoryBound(to: Int32.self)
                        + row * sums.stride + first
                }
                memory.byteKernels.pointee.depthwise(&arguments)
            }
        }
    }

    /// One row of the expanded image.
    private func makeRow(
        _ row: Int, _ matrix: ByteMatrix, _ image: UnsafePointer<UInt8>, to rows: ByteRows, _ memory: StepMemory
    ) {
        var segment: UnsafePointer<UInt8>? = image + row * input.shape.width * input.stride
        withUnsafePointer(to: &segment) { segments in
            var arguments = matrix.product(segments, count: 1, function: expansion)
            arguments.depth = input.shape.channels
            arguments.last_depth = arguments.depth
            arguments.pixel_stride = input.stride
            arguments.rows = input.shape.width
            arguments.out = rows.start(row, memory.byteScratch)
            arguments.out_stride = rows.stride
            memory.byteKernels.pointee.gemm(&arguments, 0, matrix.panelCount)
        }
    }
}
