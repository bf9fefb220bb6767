extension Graph {
    /// Every node's output shape without the batch, for an input of this shape: `[H, W, C]`, `[T, C]` or `[C]`.
    /// - Throws: `GraftError.shapeMismatch` that names the node which does not fit.
    public func shapes(input: [Int]) throws(GraftError) -> [[Int]] {
        var shapes: [[Int]] = []
        shapes.reserveCapacity(nodes.count)
        for node in nodes {
            if case .input = node.operation {
                guard input.count == inputShape.count, input.last == inputShape.last, input.allSatisfy({ $0 > 0 })
                else {
                    throw GraftError(
                        .shapeMismatch, "the input does not fit the model",
                        expected: ["", "", "Tx", "HxWx"][min(inputShape.count, 3)] + "\(inputShape.last ?? 0)",
                        found: Tensor.describe(input))
                }
                shapes.append(input)
            } else {
                shapes.append(try node.operation.outputShape(of: node.inputs.map { shapes[$0] }, at: node.name))
            }
        }
        return shapes
    }
}

extension Operation {
    /// The output's shape without the batch.
    package func outputShape(of inputs: [[Int]], at name: String) throws(GraftError) -> [Int] {
        func mismatch(_ expected: String) -> GraftError {
            GraftError(
                .shapeMismatch, "the layer does not fit its input", parameter: name, expected: expected,
                found: inputs.map(Tensor.describe).joined(separator: " and "))
        }
        func require(_ condition: Bool, _ what: String) throws(GraftError) {
            if !condition { throw GraftError(.invalidValue, what, parameter: name) }
        }
        let first = inputs.first ?? []
        switch self {
        case .input:
            return first

        case .convolution(let conv):
            try require(conv.groups > 0, "groups must be positive")
            try require(conv.outputs > 0 && conv.inputs > 0, "channels must be positive")
            try require(
                conv.inputs % conv.groups == 0 && conv.outputs % conv.groups == 0, "groups must divide the channels")
            // Pooled features are an image of one pixel.
            if first == [conv.inputs], conv.kernel == 1, conv.stride == 1, conv.padding == .symmetric(0) {
                return [conv.outputs]
            }
            guard first.count == 3, first[2] == conv.inputs else { throw mismatch("HxWx\(conv.inputs)") }
            return try windows(
                first, kernel: conv.kernel, stride: conv.stride, dilation: conv.dilation, padding: conv.padding,
                at: name) + [conv.outputs]

        case .batchNorm(let norm):
            try require(norm.epsilon > 0, "epsilon must be positive")
            guard first.last == norm.channels else { throw mismatch("\(norm.channels) channels") }
            return first

        case .activation, .normalize:
            return first

        case .dropout(let probability):
            try require((0..<1).contains(probability), "a dropout probability must be from 0 to below 1")
            return first

        case .pool(let pool):
            guard first.count == 3 else { throw mismatch("HxWxC") }
            switch pool.padding {
            case .symmetric(let margin), .roundingUp(let margin):
                try require(
                    2 * margin.height <= pool.kernel.height && 2 * margin.width <= pool.kernel.width,
                    "padding must be at most half the kernel")
            case .same: break
            }
            if case .roundingUp = pool.padding {
                // PyTorch counts the margin's zeros, but not those beyond it.
                try require(
                    pool.kind != .average(countsPadding: true),
                    "an average whose windows are rounded up cannot count the padding")
            }
            return try windows(
                first, kernel: pool.kernel, stride: pool.stride, dilation: 1, padding: pool.padding, at: name)
                + [first[2]]

        case .gridPool(let grid):
            try require(grid.height > 0 && grid.width > 0, "the grid must not be empty")
            guard first.count == 3 else { throw mismatch("HxWxC") }
            return [grid.height, grid.width, first[2]]

        case .globalPool(let kind):
            if case .generalizedMean(let power) = kind {
                try require(power > 0 && power.isFinite, "the power must be positive")
            }
            guard first.count == 3 || first.count == 2 else { throw mismatch("HxWxC or TxC") }
            return first.dropLast().map { _ in 1 } + first.suffix(1)

        case .multiply:
            guard inputs.count == 2, first.last == inputs[1].last,
                inputs[1] == first || inputs[1].dropLast().allSatisfy({ $0 == 1 }) && inputs[1].count == first.count
            else { throw mismatch("equal shapes, or the second 1x1xC") }
            return first

        case .add(let probability):
            try require((0..<1).contains(probability), "a drop probability must be from 0 to below 1")
            guard inputs.count == 2, inputs[1] == first else { throw mismatch("equal shapes") }
            return first

        case .concatenate:
            guard let rank = inputs.first?.count, rank > 0,
                inputs.allSatisfy({ $0.count == rank && $0.dropLast() == first.dropLast() })
            else { throw mismatch("shapes that differ in their channels only") }
            return first.dropLast() + [inputs.reduce(0) { $0 + ($1.last ?? 0) }]

        case .flatten:
            guard first.count != 2 || first[0] == 1 else { throw mismatch("HxWxC, 1xC or C") }
            return [first.reduce(1, *)]

        case .linear(let linear):
            try require(linear.inputs > 0 && linear.outputs > 0, "features must be positive")
            try require(!linear.hasUnitRows || first.count == 1, "unit rows are for vectors")
            guard first.last == linear.inputs else { throw mismatch("\(linear.inputs) features") }
            return first.dropLast() + [linear.outputs]

        case .neighbours(let votes):
            try require(votes.pictures > 0 && votes.outputs > 0, "pictures and classes must be positive")
            try require(votes.count > 0, "at least one neighbour answers")
            try require(votes.temperature > 0 && votes.temperature.isFinite, "the temperature must be positive")
            guard first == [votes.pictures] else { throw mismatch("\(votes.pictures) likenesses") }
            return [votes.outputs]

        case .layerNorm(let norm):
            try require(norm.epsilon > 0, "epsilon must be positive")
            guard first.last == norm.channels else { throw mismatch("\(norm.channels) channels") }
            return first

        case .layerScale(let scale):
            guard first.last == scale.channels else { throw mismatch("\(scale.channels) channels") }
            return first

        case .tokens(let embedding, let channels):
            try require(embedding.tokens.allSatisfy { $0.count > 0 }, "the number of tokens must be positive")
            try require(
                embedding.positions.map { $0.grid.height > 0 && $0.grid.width > 0 } ?? true,
                "the grid of positions must not be empty")
            guard first.count == 3, first[2] == channels else { throw mismatch("HxWx\(channels)") }
            return [embedding.count + first[0] * first[1], channels]

        case .attention(let attention):
            try require(attention.heads > 0, "the number of heads must be positive")
            guard let channels = first.last, inputs.allSatisfy({ [2, 3].contains($0.count) }) else {
                throw mismatch("TxC or HxWxC")
            }
            if let windows = attention.windows {
                let (size, shift) = (windows.size, windows.shift)
                try require(size.height > 0 && size.width > 0, "a window must not be empty")
                try require(max(size.height, size.width) <= 64, "a window must have at most 64 rows and columns")
                try require(
                    (0..<size.height).contains(shift.height) && (0..<size.width).contains(shift.width),
                    "a shift must be smaller than the window")
                guard inputs.count == 1, first.count == 3 else { throw mismatch("HxWx3C") }
            }
            if inputs.count == 1 {
                guard channels % (3 * attention.heads) == 0 else {
                    throw mismatch("Tx3C with C a multiple of \(attention.heads)")
                }
                return first.dropLast() + [channels / 3]
            }
            guard inputs.count == 3, channels % attention.heads == 0,
                case let size = channels / attention.heads, inputs[1] == inputs[2],
                inputs[1].last == size || inputs[1].last == channels
            else { throw mismatch("TxC, SxC and SxC, or S positions of one head") }
            return first

        case .slice(let slice):
            switch slice.axis {
            case .channels:
                guard let channels = first.last, let range = slice.range(in: channels) else {
                    throw mismatch("channels that the slice has")
                }
                return first.dropLast() + [range.count]
            case .positions:
                guard first.count == 2, let range = slice.range(in: first[0]) else {
                    throw mismatch("TxC with positions that the slice has")
                }
                return [range.count, first[1]]
            }

        case .responseNorm(let norm):
            try require(norm.epsilon > 0, "epsilon must be positive")
            guard first.count == 3, first[2] == norm.channels else { throw mismatch("HxWx\(norm.channels)") }
            return first

        case .spaceToDepth(let squares):
            let side = squares.side
            try require((1...256).contains(side), "the side of a square must be from 1 to 256")
            guard first.count == 3, squares.roundsUp || first[0] % side == 0 && first[1] % side == 0 else {
                throw mismatch("HxWxC with multiples of \(side)")
            }
            return [(first[0] + side - 1) / side, (first[1] + side - 1) / side, first[2] * side * side]

        case .pad(let margin):
            try require(margin.height >= 0 && margin.width >= 0, "a margin must not be negative")
            try require(max(margin.height, margin.width) <= 4096, "a margin must be at most 4096")
            guard first.count == 3 else { throw mismatch("HxWxC") }
            return [first[0] + margin.height, first[1] + margin.width, first[2]]

        case .channelShuffle(let groups):
            try require(groups > 0, "groups must be positive")
            guard let channels = first.last, channels % groups == 0 else {
                throw mismatch("channels in \(groups) groups")
            }
            return first
        }
    }

    private func windows(
        _ input: [Int], kernel: Extent, stride: Extent, dilation: Extent, padding: Padding, at name: String
    ) throws(GraftError) -> [Int] {
        guard
            [kernel, stride, dilation].allSatisfy({ $0.height > 0 && $0.width > 0 }),
            let rows = padding.resolve(
                input: input[0], kernel: kernel.height, stride: stride.height, dilation: dilation.height,
                margin: \.height),
            let columns = padding.resolve(
                input: input[1], kernel: kernel.width, stride: stride.width, dilation: dilation.width, margin: \.width)
        else {
            throw GraftError(
                .shapeMismatch, "the window does not fit the image", parameter: name,
                expected: "at least \(kernel.height)x\(kernel.width)", found: "\(input[0])x\(input[1])",
                remedy: "use a larger image")
        }
        return [rows.outputs, columns.outputs]
    }
}
