import Zoo

/// Where an operation that only moves values takes them from: output pixel (y, x) reads from pixel `first + (y * width + x)
/// * side` on, with `width` the input's; of that, channel c is value `channels[c]` of pixel `(rows[c], columns[c])`.
struct Rearrangement: Sendable {
    /// The step between the input pixels of neighbouring outputs.
    var side = 1
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
        case .channelShuffle(let groups):
            taken = taken.map { $0 % groups * (count / groups) + $0 / groups }
        case .spaceToDepth(let side):
            self.side = side
            taken = (0..<count * side * side).map { $0 / (side * side) }
            rows = taken.indices.map { $0 % (side * side) / side }
            columns = taken.indices.map { $0 % side }
            channels = taken
            return
        case .input, .convolution, .batchNorm, .activation, .pool, .gridPool, .globalPool, .multiply, .add,
            .concatenate, .dropout,
            .flatten, .linear, .layerNorm, .layerScale, .tokens, .attention, .responseNorm, .normalize:
            return nil
        }
        rows = taken.map { _ in 0 }
        columns = rows
        channels = taken
    }

    /// How far from its pixel's beginning a channel's value lies, where pixels are `stride` floats apart.
    func offsets(width: Int, stride: Int) -> [Int] {
        channels.indices.map { (rows[$0] * width + columns[$0]) * stride + channels[$0] }
    }

    /// The input pixel of output pixel `pixel`.
    func base(_ pixel: Int, outputWidth: Int, inputWidth: Int) -> Int {
        guard side > 1 else { return first + pixel }
        return (pixel / outputWidth * inputWidth + pixel % outputWidth) * side
    }
}
