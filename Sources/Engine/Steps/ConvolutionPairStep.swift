import Zoo

/// Two convolutions, one after the other, without the image between them in memory: a tile makes the rows of it that it reads in its
/// own scratch memory. The first layers of many networks make an image that no second-level cache holds.
struct ConvolutionPairStep: Step {
    private let first: ConvolutionStep
    private let second: ConvolutionStep
    /// The rows between them that some output rows read.
    private let between: PaddedRows
    /// So many output rows: the second's weights are read anew for them.
    private let rowsAtOnce: Int

    /// Nil where a step of its own for each is as good.
    /// - Parameter isReadOnce: whether nothing but `second` reads what `first` makes.
    init?(_ first: ConvolutionStep, _ second: ConvolutionStep, isReadOnce: Bool) {
        let image = first.output
        guard isReadOnce, second.input.value == image.value, second.residual?.value != image.value,
            image.count >= Self.leastImage, image.stride == image.shape.channels,
            [first, second].allSatisfy({ $0.panelBlocks == 1 && $0.geometry.groups == 1 && !$0.weights[0].isPaired })
        else { return nil }
        self.first = first
        self.second = second
        rowsAtOnce = second.weights[0].depth * second.output.stride <= Self.fewWeights ? 1 : 8
        between = PaddedRows(
            window: second.window, inputStride: image.stride, stride: image.stride, channels: image.stride,
            slots: min(image.shape.height, (rowsAtOnce - 1) * second.geometry.stride.height + second.window.rowSpan))
    }

    /// Floats: half of what a second-level cache holds, which other images want a part of.
    private static let leastImage = 1 << 18

    /// Floats that a first-level cache holds about.
    private static let fewWeights = 1 << 14

    var name: String { first.name }
    var kind: String { "two convolutions" }
    var multiplyAdds: Int { first.multiplyAdds + second.multiplyAdds }
    var memoryAccesses: Int { first.input.count + second.output.count }
    var reads: [Int] { first.reads + second.reads.filter { $0 != second.input.value } }
    var writes: [Int] { second.writes }
    var scratch: Int { between.count + first.scratch }

    func tiles(threads: Int) -> Int { second.window.rowBlocks(chunks: 1, threads: threads) }

    func run(tile: Int, _ memory: StepMemory) {
        let rows = range(tile, of: tiles(threads: memory.threads), in: second.output.shape.height)
        let image = UnsafePointer(memory[first.input.value]), sources = memory.scratch + between.count
        between.clearMargins(memory.scratch)
        first.padded?.clearMargins(sources)
        var made = second.window.inputRows(rows).lowerBound
        var copied = first.window.inputRows(made..<made + 1).lowerBound
        let matrix = second.weights[0]
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: rowsAtOnce) {
            let block = start..<min(rows.upperBound, start + rowsAtOnce)
            for needed in second.window.inputRows(block) where needed >= made {
                if let padded = first.padded {
                    for source in first.window.inputRows(needed..<needed + 1) where source >= copied {
                        padded.fill(source, from: image, sources)
                        copied = source + 1
                    }
                }
                first.product(
                    first.weights[0], 0, needed, 0..<first.weights[0].panelCount, first.padded, sources, image,
                    to: between.slot(needed, memory.scratch) + second.window.before.width * between.stride, memory)
                made = needed + 1
            }
            for panel in 0..<matrix.panelCount {
                for row in block {
                    second.product(
                        matrix, 0, row, panel..<panel + 1, between, memory.scratch, image,
                        to: second.place(row, memory), memory)
                }
            }
        }
    }
}
