import Zoo

/// Where an operation that only moves values takes them from: output pixel (y, x) reads from pixel `first + (y * width + x)
/// * side` on, with `width` the input's; of that, channel c is value `channels[c]` of pixel `(rows[c], columns[c])`.
struct Rearrangement: Sendable {
    /// The step between the input pixels of neighbouring outputs.
    var side = 1
    /// Whether the output's rows are others than the input's: pixels are found by row and column.
    var isGrid = false
    /// The input pixel of the first output.
    var first = 0
    /// By output channel: what is added to the pixel's row and column, and the channel there.
    var rows: [Int]
    var columns: [Int]
    var channels: [Int]

    /// nil for an operation of another kind, or a part that is not there.
    /// - Parameter shape: the input's.
    init?(_ operation: Operation, shape: [Int]) {
        let count = shape.last ?? 0
        var taken = Array(0..<count)
        switch operation {
        case .slice(let slice):
            switch slice.axis {
            case .channels:
                guard let range = slice.range(in: count) else { return nil }
                taken = Array(range)
            case .positions:
                guard let range = slice.range(in: shape[0]) else { return nil }
                first = range.lowerBound
            }
        case .pad:
            isGrid = true
        case .channelShuffle(let groups):
            taken = taken.map { $0 % groups * (count / groups) + $0 / groups }
        case .spaceToDepth(let squares):
            side = squares.side
            isGrid = true
            let places = (0..<count * side * side).map { squares.place($0, channels: count) }
            rows = places.map(\.row)
            columns = places.map(\.column)
            channels = places.map(\.channel)
            return
        case .input, .convolution, .batchNorm, .activation, .pool, .gridPool, .globalPool, .multiply, .add,
            .concatenate, .dropout,
            .flatten, .linear, .layerNorm, .layerScale, .tokens, .attention, .responseNorm, .normalize, .neighbours:
            return nil
        }
        rows = taken.map { _ in 0 }
        columns = rows
        channels = taken
    }

    /// Whether all that output pixel `pixel` reads is in the image.
    func isInside(_ pixel: Int, output: (height: Int, width: Int), input: (height: Int, width: Int)) -> Bool {
        !isGrid
            || (pixel / output.width + 1) * side <= input.height && (pixel % output.width + 1) * side <= input.width
    }

    /// Whether a channel of output pixel `pixel` is in the image: beyond it, values are 0.
    func isInside(
        _ pixel: Int, channel: Int, output: (height: Int, width: Int), input: (height: Int, width: Int)
    ) -> Bool {
        !isGrid
            || pixel / output.width * side + rows[channel] < input.height
                && pixel % output.width * side + columns[channel] < input.width
    }

    /// How far from its pixel's beginning a channel's value lies, where pixels are `stride` floats apart.
    func offsets(width: Int, stride: Int) -> [Int] {
        channels.indices.map { (rows[$0] * width + columns[$0]) * stride + channels[$0] }
    }

    /// The input pixel of output pixel `pixel`.
    func base(_ pixel: Int, outputWidth: Int, inputWidth: Int) -> Int {
        guard isGrid else { return first + pixel }
        return (pixel / outputWidth * inputWidth + pixel % outputWidth) * side
    }
}
