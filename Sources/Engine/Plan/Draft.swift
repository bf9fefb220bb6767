import Zoo

/// A graph on its way to a plan: what passes rewrite. Node i computes value i; nodes read earlier ones. A node that
/// nothing reads any more is left in place and never becomes a step.
struct Draft {
    struct Node {
        /// The path of the layer, or of the first one that was fused into it.
        var name: String
        var work: Work
        var inputs: [Int]
        var shape: Shape
    }

    var nodes: [Node]
    /// The node whose value is the result.
    var output: Int

    /// The nodes that read each node's value; the result counts as read by a node past the end.
    func readers() -> [[Int]] {
        var readers = [[Int]](repeating: [], count: nodes.count)
        for (index, live) in liveNodes().enumerated() where live {
            for input in nodes[index].inputs { readers[input].append(index) }
        }
        readers[output].append(nodes.count)
        return readers
    }

    /// Which nodes the result depends on.
    func liveNodes() -> [Bool] {
        var live = [Bool](repeating: false, count: nodes.count)
        live[output] = true
        for index in nodes.indices.reversed() where live[index] {
            for input in nodes[index].inputs { live[input] = true }
        }
        return live
    }

    /// Makes every reader of `node` read `other` in its place.
    mutating func replace(_ node: Int, by other: Int) {
        for index in nodes.indices { nodes[index].inputs = nodes[index].inputs.map { $0 == node ? other : $0 } }
        if output == node { output = other }
    }
}

/// The extents of a value; a sequence is one row of positions, features without a position are 1 x 1.
struct Shape: Hashable {
    var height: Int
    var width: Int
    var channels: Int

    var pixels: Int { height * width }
}

/// What a node computes.
enum Work {
    /// The caller's image.
    case input
    /// A convolution or a fully connected layer.
    case convolution(ConvolutionWork)
    /// A pointwise convolution and a depthwise one, without the image between them in memory.
    case expandedDepthwise(expand: ConvolutionWork, depthwise: ConvolutionWork)
    /// `act(x * scale + shift)` per channel.
    case affine(scale: [Double], shift: [Double], activation: Activation?)
    case activation(Activation)
    case window(Pool)
    /// The mean of each cell of a grid.
    case grid
    case global(GlobalPool)
    case add(activation: Activation?)
    /// Elementwise product of equal shapes, or with one value a channel.
    case multiply(activation: Activation?)
    case concatenate
    /// To PyTorch's order (channel, row, column).
    case flatten
    /// Every pixel's channels over their Euclidean norm.
    case normalize
    /// What the most alike of known pictures vote for.
    case neighbours(Votes)
    /// Every pixel's channels to mean 0 and variance 1, then `x * weight + bias` unless that was folded away.
    case layerNorm(epsilon: Double, affine: LayerNormAffine?)
    /// `x * (1 + weight * norm / (mean of the norms + epsilon)) + bias`, with a norm a channel over all pixels.
    case responseNorm(epsilon: Double, weight: [Float], bias: [Float])
    /// Constant pixels, then the image's with one more constant each: `[first + pixels][channels]`.
    case tokens(first: Int, addends: [Double])
    /// Of one fused value, or of queries, keys and values.
    case attention(Attention)
    /// Within windows of an image.
    case windowAttention(WindowedAttention, table: [Float], bias: [Float])
    /// Other places for some of the values.
    case rearrange(Rearrangement)
}

/// What stands behind a layer norm: a value a channel.
struct LayerNormAffine {
    var weight: [Float]
    var bias: [Float]
}

/// A convolution with everything that was folded into it: `act(conv(x * gate, weight * scale) + bias + residual) +
/// after`, and the mean of that over all pixels if it is pooled. Its node's inputs are x, then the residual, then the gate.
struct ConvolutionWork {
    var geometry: Convolution
    /// `[out, in / groups, kh, kw]`, as in the checkpoint.
    var weight: [Float]
    /// One factor an output channel.
    var scale: [Double]
    var bias: [Double]
    var activation: Activation?
    /// What is added behind the activation, a value an output channel; nil for nothing.
    var after: [Double]?
    /// Whether an image is added before the activation.
    var hasResidual = false
    /// Whether the input's channels are scaled first.
    var hasGate = false
    var isPooled = false
    /// The node whose weights these are, and those whose values are no longer seen, but whose ranges in bytes count: what the
    /// activation is applied to, the scaled input, what is pooled, and a depthwise convolution's input where that is expanded on
    /// the way.
    var source = 0
    var linear: Int?
    var gated: Int?
    var pooled: Int?
    var expanded: Int?

    /// Nothing but bias and activation was folded in.
    var isPlain: Bool { !hasResidual && !hasGate && !isPooled }

    /// 1x1, stride 1, no margin: a matrix product over pixels.
    var isPointwise: Bool {
        geometry.kernel == 1 && geometry.stride == 1 && geometry.groups == 1 && hasNoMargin
    }

    private var hasNoMargin: Bool {
        switch geometry.padding {
        case .symmetric(let margin), .roundingUp(let margin): margin == 0
        case .same: true
        }
    }
}
